import { flowRuledOut } from '../messages/signInErrors.ts';
import { settings } from '../../settings.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';
import { readEnvironment } from './environment.ts';
import type { FlowChoice } from './flows/flow.ts';
import { callbackUrls, flowsToOffer, flowsToTry, judgeFlows } from './flows/flows.ts';

/** Which flows a sign-in may use. */
export interface FlowPlan {
  /** Each is tried when the one before it can't serve the attempt. */
  readonly tried: readonly [FlowChoice, ...FlowChoice[]];
  /** What the person may choose when the browser does not come back. */
  readonly offered: readonly FlowChoice[];
}

/**
 * The flows of a sign-in here: by the settings, or by the method that the person chose for this once. Without `state`, which OAuth
 * 1.0a does not have, not those that need more in it than a nonce.
 *
 * @throws {UserFacingError} `Misconfigured` when the one that is set can't work here
 */
export async function planFlows(chosen?: SignInMethod, { hasState = true } = {}): Promise<FlowPlan> {
  const environment = await readEnvironment();
  const isPossible = ({ flow }: FlowChoice): boolean => hasState || flow.toState === undefined;
  const wanted = chosen ?? settings.signInMethod();
  const named = judgeFlows(environment).find(({ flow }) => flow.method === wanted);
  const setting = named === undefined || isPossible(named) ? wanted : 'auto';
  const [first, ...others] = flowsToTry(setting, environment).filter(isPossible);
  if (first === undefined) throw flowRuledOut(setting, environment);
  return { tried: [first, ...others], offered: flowsToOffer(environment).filter(isPossible) };
}

/** What to register with X, for this very editor; the first is what is tried first. */
export async function callbackUrlsHere(): Promise<readonly string[]> {
  return callbackUrls(settings.signInMethod(), await readEnvironment());
}
