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
import type { App } from '../../../sessions/store/clientSecrets.ts';
import type { Grant } from '../../../sessions/grant.ts';
import { covers } from '../../../sessions/scopeRequest.ts';
import type { Sessions } from '../../../sessions/sessions.ts';
import type { SignIns } from '../../../sessions/signIns.ts';
import { oauth2Endpoints, type BaseUrls } from '../../../x/endpoints.ts';
import { refusalCause } from '../../../x/refusals.ts';
import { isCarried } from '../../../x/state.ts';
import { Agreement } from './agreement.ts';
import type { ClientCredentialsPrompt } from './clientCredentialsPrompt.ts';
import type { BrowserFlow } from './browserFlow.ts';
import { windowUri } from './environment.ts';
import { withUserFacingErrors, scopesWithheld, stateTooLong, toUserFacingError } from '../messages/userFacingErrors.ts';
import { patience } from '../prompt.ts';
import { settings } from '../../settings.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';
import { FlowUnavailableError, type AuthorizationAttempt, type Way } from './authorizationAttempt.ts';
import { waysBack } from './redirectPlan.ts';

interface SignInRequest {
  /** The app to sign in with; where undefined, the one that is set up. */
  readonly clientId?: string | undefined;
  readonly wanted: readonly string[];
  /** The account that is asked for, if one is. X signs in whoever is active in the browser. */
  readonly accountId?: string | undefined;
  /** The way back that the person chose for this once. */
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
      this.#browser.alone((signal) => this.#run(request, signal)),
    );
  }

  async #run(request: SignInRequest, signal: AbortSignal): Promise<Grant> {
    // Read once: the answer goes to the server that the person was sent to, whatever the settings say by then.
    const server = settings.baseUrls();
    const configured = request.clientId ?? settings.clientId();
    const clientId =
      configured === '' ? await this.#clientCredentialsPrompt.run(patience(signal), server.api) : configured;
    const app = { apiBaseUrl: server.api, clientId };
    const agreement = new Agreement(this.#sessions, app);
    await agreement.toAsking(request.wanted, request.accountId, patience(signal));
    try {
      return await this.#visitX(server, app, request, agreement, signal);
    } catch (error) {
      const lacksSecret = error instanceof RefusedError && refusalCause(error) === 'client-secret';
      // X tells only now that the app is confidential. The code is of no use any more: it lives for 30 seconds and may be spent.
      if (lacksSecret && (await this.#clientCredentialsPrompt.addSecret(app, patience(signal))))
        return this.#visitX(server, app, request, agreement, signal);
      throw toUserFacingError(error, { ...app, isForeign: clientId !== settings.clientIdAsWritten() });
    }
  }

  async #visitX(
    server: BaseUrls,
    app: App,
    request: SignInRequest,
    agreement: Agreement,
    signal: AbortSignal,
  ): Promise<Grant> {
    const scopes = await this.#sessions.scopesFor(request.wanted, app, request.accountId);
    const prepare = async ({ method, redirectUri = '' }: Way): Promise<OAuth2Visit> => {
      const nonce = newState();
      const state = method === 'relay' ? await stateForRelay(nonce) : nonce;
      const authorization: AuthorizationRequest = { redirectUri, scopes, state, verifier: newVerifier() };
      this.#log.info(`Sign-in: by ${method}, for ${scopes.length} scopes.`);
      return {
        authorization,
        url: await authorizationUrl(oauth2Endpoints(server), app, authorization),
        secret: nonce,
        apiBaseUrl: server.api,
        answerIn: (parameters) => answerIn(parameters, state, nonce),
        // What names a nonce is another's.
        errorIn: (parameters) => (parameters.has('nonce') ? undefined : errorWithoutState(parameters)),
        read: (pasted) => readPastedCallback(pasted, state),
      };
    };
    const { visit, callback } = await this.#browser.visit(await waysBack(request.method), prepare, signal);
    const grant = await this.#signIns.finish(app, visit.authorization, callback, (given, user) =>
      agreement.toKeeping(given, user, patience(signal)),
    );
    if (!covers(grant.scopes, request.wanted)) {
      this.#tellSignedIn(grant);
      throw scopesWithheld(request.wanted.filter((scope) => !grant.scopes.includes(scope)));
    }
    return grant;
  }
}

interface OAuth2Visit extends AuthorizationAttempt {
  readonly authorization: AuthorizationRequest;
}

/** The relay forwards to what is in `state`, which is this very window. */
async function stateForRelay(nonce: string): Promise<string> {
  const state = await windowUri(nonce);
  if (!isCarried(state)) throw new FlowUnavailableError(stateTooLong());
  return state;
}

/** A relay need not hand on the state that it has used as an address: the nonce in it proves as much. */
function answerIn(parameters: URLSearchParams, state: string, nonce: string): URLSearchParams | undefined {
  if (parameters.get('nonce') === nonce) {
    const answer = new URLSearchParams(parameters);
    answer.delete('nonce');
    answer.set('state', state);
    return answer;
  }
  return parameters.get('state') === state ? parameters : undefined;
}
