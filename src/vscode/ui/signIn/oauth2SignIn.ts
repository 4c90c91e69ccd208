import type { LogOutputChannel } from 'vscode';
import {
  authorizationUrl,
  errorWithoutState,
  newState,
  newVerifier,
  type AuthorizationRequest,
} from '../../../oauth/authorizationCode.ts';
import { RefusedError } from '../../../oauth/errors.ts';
import { readPastedCallback } from '../../../oauth/pastedCallback.ts';
import type { Grant, OAuth2Grant } from '../../../sessions/grant.ts';
import { covers } from '../../../sessions/scopeRequest.ts';
import type { Sessions } from '../../../sessions/sessions.ts';
import type { SignIns } from '../../../sessions/signIns.ts';
import type { App } from '../../../sessions/store/clientSecrets.ts';
import { oauth2Endpoints } from '../../../x/endpoints.ts';
import { refusalCause } from '../../../x/errors.ts';
import type { SignInOptions } from '../../providerKind.ts';
import { settings } from '../../settings.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';
import { toUserFacingError, withUserFacingErrors } from '../messages/errors.ts';
import { scopesWithheld, stateTooLong } from '../messages/signInErrors.ts';
import { promptTimeout } from '../prompt.ts';
import { Agreement } from './agreement.ts';
import type { AuthorizationAttempt } from './authorizationAttempt.ts';
import type { BrowserFlow } from './browserFlow.ts';
import type { ClientCredentialsPrompt } from './clientCredentialsPrompt.ts';
import { windowUri } from './environment.ts';
import { planFlows } from './flowPlan.ts';
import type { FlowChoice } from './flows/flow.ts';
import type { BaseUrls } from '../../../x/baseUrls.ts';

interface SignInRequest extends SignInOptions {
  /** How the browser should come back for this once. X signs in whoever is active there, whichever account is asked for. */
  readonly method?: SignInMethod | undefined;
}

/** Signs a person in to X with OAuth 2.0. */
export class OAuth2SignIn {
  readonly #sessions: Sessions;
  readonly #signIns: SignIns;
  readonly #clientCredentialsPrompt: ClientCredentialsPrompt;
  readonly #browser: BrowserFlow;
  readonly #tellSignedIn: (grant: Grant) => void;
  readonly #log: LogOutputChannel;

  constructor(parts: {
    sessions: Sessions;
    signIns: SignIns;
    clientCredentialsPrompt: ClientCredentialsPrompt;
    browser: BrowserFlow;
    /** For a sign-in that fails though it gave a grant. */
    tellSignedIn: (grant: Grant) => void;
    log: LogOutputChannel;
  }) {
    this.#sessions = parts.sessions;
    this.#signIns = parts.signIns;
    this.#clientCredentialsPrompt = parts.clientCredentialsPrompt;
    this.#browser = parts.browser;
    this.#tellSignedIn = parts.tellSignedIn;
    this.#log = parts.log;
  }

  /** @throws {UserFacingError} */
  async run(request: SignInRequest): Promise<Grant> {
    return withUserFacingErrors('Sign-in', this.#log, () =>
      this.#browser.runExclusive((signal) => this.#signIn(request, signal)),
    );
  }

  async #signIn(request: SignInRequest, signal: AbortSignal): Promise<Grant> {
    // Read once: the answer goes to the server that the person was sent to, whatever the settings say by then.
    const server = settings.baseUrls();
    const configured = request.clientId ?? settings.clientId();
    const clientId =
      configured === '' ? await this.#clientCredentialsPrompt.run(promptTimeout(signal), server.api) : configured;
    const app = { apiBaseUrl: server.api, clientId };
    const agreement = new Agreement(this.#sessions, app);
    await agreement.toAsking(request.scopes, request.accountId, promptTimeout(signal));
    try {
      return await this.#authorize(server, app, request, agreement, signal);
    } catch (error) {
      const lacksSecret = error instanceof RefusedError && refusalCause(error) === 'client-secret';
      // X tells only now that the app is confidential. The code is of no use any more: it lives for 30 seconds and may be spent.
      if (lacksSecret && (await this.#clientCredentialsPrompt.addSecret(app, promptTimeout(signal))))
        return this.#authorize(server, app, request, agreement, signal);
      throw toUserFacingError(error, { ...app, isForeign: clientId !== settings.clientIdAsWritten() });
    }
  }

  /** Has the person authorize the app in the browser, and exchanges what comes back: RFC 6749 §4.1 with PKCE (RFC 7636). */
  async #authorize(
    server: BaseUrls,
    app: App,
    request: SignInRequest,
    agreement: Agreement,
    signal: AbortSignal,
  ): Promise<OAuth2Grant> {
    const scopes = await this.#sessions.scopesFor(request.scopes, app, request.accountId);
    const plan = await planFlows(request.method);
    const [first, ...untried] = plan.tried;
    for (let choice = first; ;) {
      const attempt = await this.#createAttempt(server, app, scopes, choice);
      if (attempt === undefined) {
        const next = untried.shift();
        if (next === undefined) throw stateTooLong();
        choice = next;
        continue;
      }
      this.#log.info(`Sign-in: by ${choice.flow.method}, for ${scopes.length} scopes.`);
      const outcome = await this.#browser.authorize(attempt, choice, plan, signal);
      if (outcome.kind === 'switch') {
        choice = outcome.choice;
        continue;
      }
      const grant = await this.#signIns.finish(app, attempt.authorization, outcome.callback, (given, user) =>
        agreement.toKeeping(given, user, promptTimeout(signal)),
      );
      if (covers(grant.scopes, request.scopes)) return grant;
      this.#tellSignedIn(grant);
      throw scopesWithheld(request.scopes.filter((scope) => !grant.scopes.includes(scope)));
    }
  }

  /** Undefined where X would not carry the state that the flow needs. */
  async #createAttempt(
    server: BaseUrls,
    app: App,
    scopes: readonly string[],
    { flow, redirectUri }: FlowChoice,
  ): Promise<OAuth2Attempt | undefined> {
    const nonce = newState();
    const state = flow.toState === undefined ? nonce : await flow.toState(nonce, windowUri);
    if (state === undefined) return undefined;
    const authorization: AuthorizationRequest = { redirectUri, scopes, state, verifier: newVerifier() };
    return {
      authorization,
      url: await authorizationUrl(oauth2Endpoints(server), app, authorization),
      correlationId: nonce,
      apiBaseUrl: server.api,
      matchCallback: (parameters) => matchCallback(parameters, state, nonce),
      // What names a nonce is another's.
      unprovenError: (parameters) => (parameters.has('nonce') ? undefined : errorWithoutState(parameters)),
      parsePasted: (pasted) => readPastedCallback(pasted, state),
    };
  }
}

interface OAuth2Attempt extends AuthorizationAttempt {
  readonly authorization: AuthorizationRequest;
}

/** A relay need not hand on the state that it has used as an address: the nonce in it proves as much. */
function matchCallback(parameters: URLSearchParams, state: string, nonce: string): URLSearchParams | undefined {
  if (parameters.get('nonce') === nonce) {
    const answer = new URLSearchParams(parameters);
    answer.delete('nonce');
    answer.set('state', state);
    return answer;
  }
  return parameters.get('state') === state ? parameters : undefined;
}
