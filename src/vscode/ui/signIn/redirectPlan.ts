import { theEnvironment } from './environment.ts';
import { wayRuledOut } from '../messages/userFacingErrors.ts';
import { settings } from '../../settings.ts';
import { callbackUrls, waysToOffer, waysToTry } from './signInMethods.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';
import type { WaysBack } from './authorizationAttempt.ts';

/**
 * The ways back from the browser here: by the settings, or the one that the person chose for this once. `except` is one that
 * can't serve this kind of sign-in.
 *
 * @throws {UserFacingError} `Misconfigured` when the one that is set can't work here
 */
export async function waysBack(chosen?: SignInMethod, except?: SignInMethod): Promise<WaysBack> {
  const environment = await theEnvironment();
  const wanted = chosen ?? settings.signInMethod();
  const setting = wanted === except ? 'auto' : wanted;
  const [first, ...others] = waysToTry(setting, environment).filter(({ method }) => method !== except);
  if (first === undefined) throw wayRuledOut(setting, environment);
  return {
    tried: [first, ...others],
    offered: waysToOffer(environment).filter(({ method }) => method !== except),
  };
}

/** What to register with X, for this very editor; the first is what is tried first. */
export async function callbackUrlsHere(): Promise<readonly string[]> {
  return callbackUrls(settings.signInMethod(), await theEnvironment());
}
