import * as vscode from 'vscode';
import { CallbackMismatchError, RefusedError } from '../../../oauth/errors.ts';
import { verifierOf, type SigningDeps } from '../../../oauth/oauth1Flow.ts';
import type { Consumer, Token } from '../../../oauth/oauth1Signature.ts';
import type { Grant } from '../../../sessions/grant.ts';
import type { StaticSessions } from '../../../sessions/staticSessions.ts';
import { accessToken, authorizationUrl, requestToken, whoseToken, type AccessType } from '../../../x/oauth1.ts';
import type { User } from '../../../x/users.ts';
import type { BrowserFlow } from './browserFlow.ts';
import { chooseSource, type ApiKeyPrompt } from './apiKeyPrompt.ts';
import { oauth1Labels } from '../accounts/grantLabels.ts';
import { withUserFacingErrors } from '../messages/errors.ts';
import { tokensRefused } from '../messages/signInErrors.ts';
import { ask, promptTimeout } from '../prompt.ts';
import { settings } from '../../settings.ts';
import type { SignInMethod } from '../../signInMethodSetting.ts';
import type { AuthorizationAttempt } from './authorizationAttempt.ts';
import { planFlows, type FlowPlan } from './flowPlan.ts';
import type { FlowChoice } from './flows/flow.ts';
import { PIN } from './flows/pin.ts';

const { l10n } = vscode;

/** Signs a person in to X with OAuth 1.0a: in the browser and back, with a PIN, or with tokens that they have already. */
export class OAuth1SignIn {
  readonly #sessions: StaticSessions<'oauth1'>;
  readonly #apiKeyPrompt: (apiBaseUrl: string) => ApiKeyPrompt;
  readonly #browser: BrowserFlow;
  readonly #deps: SigningDeps;
  readonly #log: vscode.LogOutputChannel;

  constructor(parts: {
    sessions: StaticSessions<'oauth1'>;
    apiKeyPrompt: (apiBaseUrl: string) => ApiKeyPrompt;
    browser: BrowserFlow;
    deps: SigningDeps;
    log: vscode.LogOutputChannel;
  }) {
    this.#sessions = parts.sessions;
    this.#apiKeyPrompt = parts.apiKeyPrompt;
    this.#browser = parts.browser;
    this.#deps = parts.deps;
    this.#log = parts.log;
  }

  /**
   * `scopes` mean nothing to OAuth 1.0a, except that `read` or `write` alone asks for that kind of access. `method`: in the browser,
   * and back by this method for once.
   *
   * @throws {UserFacingError}
   */
  async run(scopes: readonly string[], method?: SignInMethod): Promise<Grant> {
    return withUserFacingErrors('OAuth 1.0a sign-in', this.#log, () => this.#signIn(accessTypeOf(scopes), method));
  }

  async #signIn(accessType: AccessType | undefined, method: SignInMethod | undefined): Promise<Grant> {
    const timeout = promptTimeout();
    // Read once: what follows goes to one server, whatever the settings say by then.
    const apiBaseUrl = settings.apiBaseUrl();
    const apiKeyPrompt = this.#apiKeyPrompt(apiBaseUrl);
    const source = method === undefined ? await this.#chooseSource(apiKeyPrompt, timeout) : 'callback';
    const consumer = await apiKeyPrompt.get(timeout);
    const app = { apiBaseUrl, consumer };
    const { token, user } =
      source === 'tokens'
        ? await this.#askForTokens(app, timeout)
        : // Only now: a sign-in that waits for the browser goes on until this one needs it.
          await this.#browser.runExclusive(async (signal) => {
            const plan = source === 'pin' ? BY_PIN : await planFlows(method, { hasState: false });
            return this.#authorize(app, plan, accessType, signal);
          });
    return this.#sessions.keep({
      apiBaseUrl,
      appKey: consumer.key,
      account: { id: user.id, imageUrl: user.imageUrl },
      labels: () => oauth1Labels(user.username, consumer.key),
      toGrant: (rest) => ({ kind: 'oauth1', consumer, token, ...rest }),
      readOnly: accessType === 'read' && source !== 'tokens',
    });
  }

  /** Has the person authorize the app in the browser, and exchanges what comes back: RFC 5849 §2. */
  async #authorize(
    { apiBaseUrl, consumer }: ConsumerAt,
    plan: FlowPlan,
    accessType: AccessType | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly token: Token; readonly user: User }> {
    for (let [choice] = plan.tried; ;) {
      const { flow, redirectUri } = choice;
      const temporary = await this.#apiKeyPrompt(apiBaseUrl).prove(() =>
        requestToken(apiBaseUrl, consumer, redirectUri, { accessType }, this.#deps),
      );
      this.#log.info(`OAuth 1.0a sign-in: by ${flow.method}.`);
      const outcome = await this.#browser.authorize(createAttempt(apiBaseUrl, temporary, choice), choice, plan, signal);
      if (outcome.kind === 'switch') {
        choice = outcome.choice;
        continue;
      }
      const verifier = verifierOf(temporary, outcome.callback);
      const answer = await accessToken(apiBaseUrl, consumer, temporary, verifier, this.#deps);
      const user = answer.user ?? (await whoseToken(apiBaseUrl, consumer, answer.token, this.#deps));
      return { token: answer.token, user };
    }
  }

  async #chooseSource(apiKeyPrompt: ApiKeyPrompt, timeout: AbortSignal): Promise<'callback' | 'pin' | 'tokens'> {
    const sources = [
      {
        source: 'callback' as const,
        label: l10n.t('Sign in with the browser'),
        detail: l10n.t("The browser comes back by itself. The app at X needs this editor's callback URL."),
      },
      {
        source: 'pin' as const,
        label: l10n.t('Sign in with a PIN'),
        detail: l10n.t('X shows a number that you type here. Works wherever the editor runs.'),
      },
      {
        source: 'tokens' as const,
        label: l10n.t('Use tokens you already have'),
        detail: l10n.t("From the app's page in X's console. Signing out ends them at X."),
      },
    ];
    const options = {
      title: l10n.t('Sign in to X with OAuth 1.0a'),
      placeHolder: l10n.t("Extensions that get this session also get the app's API Key and Secret."),
    };
    return chooseSource(options, sources, apiKeyPrompt, timeout);
  }

  /** Tokens from X's console: kept only when X says whose they are. */
  async #askForTokens(
    { apiBaseUrl, consumer }: ConsumerAt,
    timeout: AbortSignal,
  ): Promise<{ readonly token: Token; readonly user: User }> {
    const token = await ask({
      title: l10n.t('OAuth 1.0a (1/2): Access Token'),
      prompt: l10n.t("Paste the Access Token that X's console generated for this app."),
      placeholder: l10n.t('Digits, a hyphen, and letters'),
      password: true,
      problem: (text) =>
        /^\d+-[\w-]+$/.test(text)
          ? undefined
          : l10n.t('An Access Token begins with digits and a hyphen: copy it again.'),
      signal: timeout,
    });
    const secret = await ask({
      title: l10n.t('OAuth 1.0a (2/2): Access Token Secret'),
      prompt: l10n.t('Paste the Access Token Secret that belongs to it.'),
      placeholder: l10n.t('Letters and digits'),
      password: true,
      problem: (text) => (/^\S+$/.test(text) ? undefined : l10n.t('Paste the Access Token Secret.')),
      signal: timeout,
    });
    const pair = { token, secret };
    try {
      return { token: pair, user: await whoseToken(apiBaseUrl, consumer, pair, this.#deps) };
    } catch (error) {
      if (error instanceof RefusedError && error.status === 401) throw tokensRefused(consumer.key);
      throw error;
    }
  }
}

/** An app, at the server that it is registered with. */
interface ConsumerAt {
  readonly apiBaseUrl: string;
  readonly consumer: Consumer;
}

/** X shows a PIN, and nothing else can be tried. */
const BY_PIN: FlowPlan = { tried: [PIN], offered: [] };

function createAttempt(apiBaseUrl: string, temporary: Token, { flow }: FlowChoice): AuthorizationAttempt {
  const isAnswer = (parameters: URLSearchParams): boolean =>
    (parameters.get('oauth_token') ?? parameters.get('denied')) === temporary.token;
  return {
    apiBaseUrl,
    url: authorizationUrl(apiBaseUrl, temporary),
    correlationId: temporary.token,
    matchCallback: (parameters) => (isAnswer(parameters) ? parameters : undefined),
    parsePasted: (pasted) => (flow.method === 'pin' ? readPin(pasted, temporary) : readCallback(pasted)),
  };
}

function accessTypeOf(scopes: readonly string[]): AccessType | undefined {
  const [only] = scopes;
  return scopes.length === 1 && (only === 'read' || only === 'write') ? only : undefined;
}

function readCallback(pasted: string): URLSearchParams {
  const text = pasted.trim();
  const parameters = new URLSearchParams(text.slice(text.indexOf('?') + 1).replace(/#.*$/s, ''));
  if (parameters.has('oauth_verifier') || parameters.has('denied')) return parameters;
  throw new CallbackMismatchError('There is no verifier in what was pasted.');
}

/** X's PINs have seven digits or so; people copy spaces along. */
function readPin(pasted: string, temporary: Token): URLSearchParams {
  const pin = pasted.replace(/\s/g, '');
  if (!/^\d{4,12}$/.test(pin)) throw new CallbackMismatchError('That is not a PIN.');
  return new URLSearchParams({ oauth_token: temporary.token, oauth_verifier: pin });
}
