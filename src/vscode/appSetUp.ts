import { l10n } from 'vscode';
import type { Clients } from '../sessions/clients.ts';
import { notAClientId } from '../x/clientId.ts';
import { clientIdHint } from './messages.ts';
import { ask } from './question.ts';
import { settings } from './settings.ts';

/** Asks for the X app to sign in with, and keeps what it is told: the client id in the settings, the secret in SecretStorage. */
export class AppSetUp {
  readonly #clients: Clients;
  readonly #callbackUrls: () => Promise<readonly string[]>;

  constructor(clients: Clients, callbackUrls: () => Promise<readonly string[]>) {
    this.#clients = clients;
    this.#callbackUrls = callbackUrls;
  }

  /**
   * @returns the client id
   * @throws {Failure} `Cancelled`
   */
  async run(): Promise<string> {
    const [callbackUrl = ''] = await this.#callbackUrls();
    const clientId = await ask({
      title: l10n.t('Set Up App Credentials (1/2): Client ID'),
      prompt: l10n.t(
        "In your app at X, register the callback URL {0} and fill in a Website URL; then paste the app's OAuth 2.0 Client ID here.",
        callbackUrl,
      ),
      placeholder: l10n.t('OAuth 2.0 Client ID, from "Keys and tokens"'),
      value: settings.clientId(),
      problem: (text) => {
        const problem = notAClientId(text);
        return problem && clientIdHint(problem);
      },
      callbackUrl,
    });
    const { clientSecret } = await this.#clients.get(clientId);
    const secret = await ask({
      title: l10n.t('Set Up App Credentials (2/2): Client Secret'),
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
    });
    await this.#clients.setSecret(clientId, secret);
    await settings.setClientId(clientId);
    return clientId;
  }
}
