import type { NotAClientId } from '../../../x/clientId.ts';
import { l10n } from 'vscode';
import type { App, ClientSecrets } from '../../../sessions/store/clientSecrets.ts';
import { notAClientId } from '../../../x/clientId.ts';
import { ask } from '../prompt.ts';
import { settings } from '../../settings.ts';

/** Asks for the X app to sign in with, and keeps what it is told: the client id in the settings, the secret in SecretStorage. */
export class ClientCredentialsPrompt {
  readonly #clients: ClientSecrets;
  readonly #callbackUrls: () => Promise<readonly string[]>;
  readonly #changed: () => void;

  /** `changed` hears that what X refused before may be accepted now. */
  constructor(clients: ClientSecrets, callbackUrls: () => Promise<readonly string[]>, changed: () => void) {
    this.#clients = clients;
    this.#callbackUrls = callbackUrls;
    this.#changed = changed;
  }

  /**
   * Without `signal`, it waits as long as the person likes.
   *
   * @returns the client id
   * @throws {UserFacingError} `Cancelled` or `TimedOut`
   */
  async run(signal?: AbortSignal, apiBaseUrl = settings.apiBaseUrl()): Promise<string> {
    const [callbackUrl = ''] = await this.#callbackUrls();
    const clientId = await ask({
      title: l10n.t('Set Up App Credentials (1/2): Client ID'),
      prompt: l10n.t(
        "In your app at X, register the callback URL {0} and fill in a Website URL; then paste the app's OAuth 2.0 Client ID here.",
        callbackUrl,
      ),
      placeholder: l10n.t('OAuth 2.0 Client ID, from "Keys and tokens"'),
      value: settings.clientIdAsWritten(),
      problem: (text) => {
        const problem = notAClientId(text);
        return problem && clientIdHint(problem);
      },
      callbackUrl,
      signal,
    });
    const app = { apiBaseUrl, clientId };
    await this.#askSecret(app, l10n.t('Set Up App Credentials (2/2): Client Secret'), { callbackUrl, signal });
    await settings.setClientId(clientId);
    return clientId;
  }

  /**
   * Asks for an app's secret alone, to be replaced, removed or added. The app may be one that an extension brought.
   *
   * @throws {UserFacingError} `Cancelled`
   */
  async changeSecret(app: App): Promise<void> {
    await this.#askSecret(app, l10n.t('Client Secret of the App {0}', app.clientId));
  }

  /**
   * Asks for the secret of an app that turned out to have one, unless it is known: then that is what X refuses.
   *
   * @returns whether there is a secret now that was not there before
   * @throws {UserFacingError} `Cancelled` or `TimedOut`
   */
  async addSecret(app: App, signal: AbortSignal): Promise<boolean> {
    if ((await this.#clients.get(app)).clientSecret !== undefined) return false;
    const secret = await ask({
      title: l10n.t('Client Secret of the App {0}', app.clientId),
      prompt: l10n.t('X says that this app has a secret: paste it here, and the sign-in begins again with it.'),
      placeholder: l10n.t('OAuth 2.0 Client Secret'),
      password: true,
      problem: (text) => (text === '' ? l10n.t("Paste the app's OAuth 2.0 Client Secret.") : undefined),
      signal,
    });
    await this.#keep(app, secret);
    return true;
  }

  async #askSecret(
    app: App,
    title: string,
    { callbackUrl, signal }: { readonly callbackUrl?: string; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { clientSecret } = await this.#clients.get(app);
    const secret = await ask({
      title,
      prompt:
        clientSecret === undefined
          ? l10n.t(
              'A Native App or Single Page App has none: leave this empty. A Web App or Automated App needs its OAuth 2.0 Client Secret.',
            )
          : l10n.t('A secret is stored for this app: leave it as it is, replace it, or empty this to remove it.'),
      placeholder: l10n.t('OAuth 2.0 Client Secret, if the app has one'),
      value: clientSecret ?? '',
      password: true,
      problem: () => undefined,
      callbackUrl,
      signal,
    });
    await this.#keep(app, secret);
  }

  async #keep(app: App, secret: string): Promise<void> {
    await this.#clients.setSecret(app, secret);
    this.#changed();
  }
}

/** Why a text is not a client id, and where the right one is. */
function clientIdHint(problem: NotAClientId): string {
  switch (problem) {
    case 'empty':
      return l10n.t('Paste the OAuth 2.0 Client ID of your X app.');
    case 'characters':
      return l10n.t('A Client ID has only letters, digits, "-" and "_": copy it again, without anything around it.');
    case 'bearer-token':
      return l10n.t('This is a bearer token: the OAuth 2.0 Client ID is further down on the same page.');
    case 'app-id':
      return l10n.t('This is the number of the app: the OAuth 2.0 Client ID is under "Keys and tokens".');
    case 'api-key':
      return l10n.t('This looks like an API key: the OAuth 2.0 Client ID is further down on the same page.');
    case 'user-token':
      return l10n.t('This is an OAuth 1.0a access token: the OAuth 2.0 Client ID is further down on the same page.');
  }
}
