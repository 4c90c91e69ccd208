import * as vscode from 'vscode';
import type { Clients } from '../sessions/clients.ts';
import { notAClientId } from '../x/clientId.ts';
import { DEVELOPER_CONSOLE } from '../x/endpoints.ts';
import { cancelled, clientIdHint } from './messages.ts';
import { settings } from './settings.ts';

const { l10n } = vscode;

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
      password: false,
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

interface Question {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder: string;
  readonly value: string;
  readonly password: boolean;
  /** What is wrong with an answer, in words. */
  readonly problem: (text: string) => string | undefined;
  readonly callbackUrl: string;
}

/** An input box that stays while the person is in the browser, with X's console and the callback URL at hand. */
async function ask(question: Question): Promise<string> {
  const box = vscode.window.createInputBox();
  const openConsole = {
    iconPath: new vscode.ThemeIcon('link-external'),
    tooltip: l10n.t("Open X's Developer Console"),
  };
  const copyUrl = { iconPath: new vscode.ThemeIcon('copy'), tooltip: l10n.t('Copy the Callback URL') };
  Object.assign(box, {
    title: question.title,
    prompt: question.prompt,
    placeholder: question.placeholder,
    value: question.value,
    password: question.password,
    ignoreFocusOut: true,
    buttons: [copyUrl, openConsole],
  });
  try {
    return await new Promise((resolve, reject) => {
      box.onDidChangeValue(() => (box.validationMessage = undefined));
      box.onDidTriggerButton((button) => {
        if (button === openConsole) void vscode.env.openExternal(vscode.Uri.parse(DEVELOPER_CONSOLE));
        else void vscode.env.clipboard.writeText(question.callbackUrl);
      });
      box.onDidAccept(() => {
        const answer = box.value.trim();
        const problem = question.problem(answer);
        if (problem === undefined) resolve(answer);
        else box.validationMessage = problem;
      });
      box.onDidHide(() => reject(cancelled()));
      box.show();
    });
  } finally {
    box.dispose();
  }
}
