import * as vscode from 'vscode';
import {
  authorizationUrl,
  newState,
  newVerifier,
  type AuthorizationRequest,
  type Endpoints,
} from '../oauth/codeGrant.ts';
import { CallbackMismatch } from '../oauth/errors.ts';
import { listenOnLoopback, type Arrival, type Loopback } from '../oauth/loopback.ts';
import { readPastedCallback } from '../oauth/pastedCallback.ts';
import type { Grant } from '../sessions/grant.ts';
import { covers } from '../sessions/scopeRequest.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { AppSetUp } from './app.ts';
import { cancelled, replaced, scopesWithheld, timedOut, toFailure } from './messages.ts';
import { settings } from './settings.ts';
import { callbackUrls, redirectUriOf, signInMethods, type Environment, type SignInMethod } from './signInMethods.ts';

const { l10n } = vscode;

/** Nothing waits longer for the browser than this. */
const PATIENCE_MS = 5 * 60_000;

const CALLBACK_PATH = '/callback';

export interface SignInRequest {
  /** The app to sign in with; where undefined, the one that is set up. */
  readonly clientId?: string | undefined;
  readonly wanted: readonly string[];
  /** The account that is asked for, if one is. X signs in whoever is active in the browser. */
  readonly accountId?: string | undefined;
  /** The way back that the person chose for this once. */
  readonly method?: SignInMethod | undefined;
}

/** A sign-in that waits for the browser. */
interface Waiting {
  readonly url: string;
  readonly state: string;
  readonly arrive: (callback: URLSearchParams) => void;
}

/** Signs a person in with the browser: one sign-in at a time, a new one replaces the one that waits. */
export class SignIn {
  readonly #sessions: Sessions;
  readonly #appSetUp: AppSetUp;
  readonly #endpoints: () => Endpoints;
  readonly #page: (arrival: Arrival) => Promise<string>;
  readonly #log: vscode.LogOutputChannel;
  #current: AbortController | undefined;
  #waiting: Waiting | undefined;

  constructor(parts: {
    sessions: Sessions;
    appSetUp: AppSetUp;
    endpoints: () => Endpoints;
    page: (arrival: Arrival) => Promise<string>;
    log: vscode.LogOutputChannel;
  }) {
    this.#sessions = parts.sessions;
    this.#appSetUp = parts.appSetUp;
    this.#endpoints = parts.endpoints;
    this.#page = parts.page;
    this.#log = parts.log;
  }

  /** @throws {Failure} */
  async run(request: SignInRequest): Promise<Grant> {
    this.#current?.abort(replaced());
    const current = new AbortController();
    this.#current = current;
    try {
      return await this.#run(request, current.signal);
    } catch (error) {
      const failure = toFailure(error);
      this.#log.warn(`Sign-in: ${failure.name}. ${failure.message}`);
      throw failure;
    } finally {
      if (this.#current === current) this.#current = undefined;
    }
  }

  async #run(request: SignInRequest, signal: AbortSignal): Promise<Grant> {
    const configured = request.clientId ?? settings.clientId();
    const clientId = configured === '' ? await this.#appSetUp.run() : configured;
    signal.throwIfAborted();
    const scopes = await this.#sessions.scopesFor(request.wanted, clientId, request.accountId);
    const environment = await theEnvironment();
    const [method = 'paste'] = signInMethods(request.method ?? settings.signInMethod(), environment);
    const redirectUri = redirectUriOf(method, environment) ?? environment.loopbackUri;
    const authorization = { redirectUri, scopes, state: newState(), verifier: newVerifier() };
    this.#log.info(`Sign-in: by ${method}, for ${scopes.length} scopes.`);

    const callback = await this.#roundTrip(method, clientId, authorization, signal);
    const grant = await this.#sessions.signIn(clientId, authorization, callback);
    if (!covers(grant.scopes, request.wanted)) {
      throw scopesWithheld(request.wanted.filter((scope) => !grant.scopes.includes(scope)));
    }
    return grant;
  }

  /** Sends the person to the browser and waits until they are back, by whatever way. */
  async #roundTrip(
    method: SignInMethod,
    clientId: string,
    authorization: AuthorizationRequest,
    signal: AbortSignal,
  ): Promise<URLSearchParams> {
    const url = await authorizationUrl(this.#endpoints(), { clientId }, authorization);
    const loopback = method === 'loopback' ? await this.#listen(authorization) : undefined;
    const arrival = Promise.withResolvers<URLSearchParams>();
    const waiting: Waiting = { url, state: authorization.state, arrive: arrival.resolve };
    this.#setWaiting(waiting);
    void loopback?.callback.then(arrival.resolve);
    const tooLong = setTimeout(() => arrival.reject(timedOut(authorization.redirectUri)), PATIENCE_MS);
    const abort = (): void => arrival.reject(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      // As a string, which is accepted at run time, because a Uri would decode what is encoded in the URL.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      void vscode.env.openExternal(url as unknown as vscode.Uri);
      void this.#showProgress(arrival);
      if (method === 'paste') void this.paste();
      return await arrival.promise;
    } finally {
      clearTimeout(tooLong);
      signal.removeEventListener('abort', abort);
      if (this.#waiting === waiting) this.#setWaiting(undefined);
      await loopback?.close();
    }
  }

  #setWaiting(waiting: Waiting | undefined): void {
    this.#waiting = waiting;
    // The command to paste a callback is in the palette only while there is something to finish.
    void vscode.commands.executeCommand('setContext', 'xAuthentication.isWaiting', waiting !== undefined);
  }

  async #listen(authorization: AuthorizationRequest): Promise<Loopback> {
    return listenOnLoopback({
      port: settings.loopbackPort(),
      path: CALLBACK_PATH,
      hosts: [new URL(authorization.redirectUri).host],
      state: authorization.state,
      page: this.#page,
    });
  }

  /** Tells that the browser is being waited for, until it is back; cancelling ends the sign-in. */
  async #showProgress(arrival: PromiseWithResolvers<URLSearchParams>): Promise<void> {
    const location = vscode.ProgressLocation.Notification;
    await vscode.window.withProgress({ location, cancellable: true, title: l10n.t('X') }, async (progress, token) => {
      token.onCancellationRequested(() => arrival.reject(cancelled()));
      progress.report({
        message: l10n.t({
          message:
            'Finish signing in in your browser. If it does not come back, [paste the callback URL]({0}) or [copy the link]({1}).',
          args: ['command:xAuthentication.pasteCallback', 'command:xAuthentication.copySignInLink'],
          comment: ['The brackets and parentheses are links and must stay.'],
        }),
      });
      await arrival.promise.catch(() => undefined);
    });
  }

  /** Lets the person finish the sign-in that waits with what is in the browser's address bar. */
  async paste(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined) {
      void vscode.window.showInformationMessage(l10n.t('No sign-in to X is waiting: start one with "X: Sign In".'));
      return;
    }
    const pasted = await vscode.window.showInputBox({
      title: l10n.t('Finish signing in to X'),
      prompt: l10n.t(
        "Copy the whole address of the page that the browser ended on, even if it says that the page can't be opened.",
      ),
      placeHolder: l10n.t('The callback URL, or only its code'),
      ignoreFocusOut: true,
      validateInput: (text) => (text.trim() === '' ? undefined : problemWith(text, waiting.state)),
    });
    if (pasted === undefined || pasted.trim() === '') return;
    waiting.arrive(readPastedCallback(pasted, waiting.state));
  }

  /** For a person who wants to sign in with another browser. */
  async copyLink(): Promise<void> {
    if (this.#waiting !== undefined) await vscode.env.clipboard.writeText(this.#waiting.url);
  }
}

function problemWith(pasted: string, state: string): string | undefined {
  try {
    const callback = readPastedCallback(pasted, state);
    if (!callback.has('state') || callback.get('state') === state) return undefined;
    return l10n.t('This address is from another sign-in: copy the one that the browser shows now.');
  } catch (error) {
    if (error instanceof CallbackMismatch)
      return l10n.t('There is no code in this: copy the whole address, "?code=" included.');
    throw error;
  }
}

async function theEnvironment(): Promise<Environment> {
  const loopback = vscode.Uri.parse(`http://127.0.0.1:${settings.loopbackPort()}${CALLBACK_PATH}`);
  return { loopbackUri: (await vscode.env.asExternalUri(loopback)).toString(true) };
}

/** What to register with X, for this very editor. */
export async function callbackUrlsHere(): Promise<readonly string[]> {
  return callbackUrls(await theEnvironment());
}
