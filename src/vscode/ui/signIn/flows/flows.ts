import type { SignInMethodSetting } from '../../../signInMethodSetting.ts';
import type { Environment, Flow, FlowChoice, Verdict } from './flow.ts';
import { loopback } from './loopback.ts';
import { paste } from './paste.ts';
import { relay } from './relay.ts';
import { uri } from './uri.ts';

/** The flows that a setting can name, in the order in which they are tried. */
const FLOWS: readonly Flow[] = [loopback, relay, uri, paste];

/** What is thought of every flow here. */
export function judgeFlows(environment: Environment): readonly (FlowChoice & Verdict)[] {
  return FLOWS.map((flow) => ({ flow, redirectUri: flow.redirectUri(environment), ...flow.judge(environment) }));
}

/** The flows to try here, in this order. One that a person chose is the only one, if it can work at all. */
export function flowsToTry(setting: SignInMethodSetting, environment: Environment): readonly FlowChoice[] {
  return judgeFlows(environment)
    .filter(({ flow, fit }) => (setting === 'auto' ? fit === 'good' : flow.method === setting && fit !== 'none'))
    .map(toChoice);
}

/** The flows that a person may choose here when the browser does not come back. */
export function flowsToOffer(environment: Environment): readonly FlowChoice[] {
  return judgeFlows(environment)
    .filter(({ fit }) => fit !== 'none')
    .map(toChoice);
}

/** The callback URLs to register with X for this editor, each once; the first is the one that is tried first. */
export function callbackUrls(setting: SignInMethodSetting, environment: Environment): readonly string[] {
  const choices = [...flowsToTry(setting, environment), ...flowsToTry('auto', environment)];
  return [...new Set(choices.map(({ redirectUri }) => redirectUri))];
}

function toChoice({ flow, redirectUri }: FlowChoice): FlowChoice {
  return { flow, redirectUri };
}
