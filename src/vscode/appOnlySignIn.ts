import * as vscode from 'vscode';
import type { Grant } from '../sessions/grant.ts';
import { fingerprint, type LastingSessions } from '../sessions/lastingSessions.ts';
import type { World } from '../oauth/appOnly.ts';
import { appOnlyBearer, bearerOwner } from '../x/appOnly.ts';
import type { ConsumerSetUp } from './consumerSetUp.ts';
import { bearerRefused, cancelled, toFailure } from './messages.ts';
import { ask } from './question.ts';

const { l10n } = vscode;

/** Adds an app's own bearer token, from its API key and secret or pasted from X's console. */
export class AppOnlySignIn {
  readonly #sessions: LastingSessions;
  readonly #consumerSetUp: ConsumerSetUp;
  readonly #apiBaseUrl: () => string;
  readonly #world: World;
  readonly #log: vscode.LogOutputChannel;

  constructor(parts: {
    sessions: LastingSessions;
    consumerSetUp: ConsumerSetUp;
    apiBaseUrl: () => string;
    world: World;
    log: vscode.LogOutputChannel;
  }) {
    this.#sessions = parts.sessions;
    this.#consumerSetUp = parts.consumerSetUp;
    this.#apiBaseUrl = parts.apiBaseUrl;
    this.#world = parts.world;
    this.#log = parts.log;
  }

  /** @throws {Failure} */
  async run(): Promise<Grant> {
    try {
      return await ((await chooseWay()) === 'key' ? this.#fromKey() : this.#fromPasted());
    } catch (error) {
      const failure = toFailure(error);
      this.#log.warn(`App-only sign-in: ${failure.name}. ${failure.message}`);
      throw failure;
    }
  }

  async #fromKey(): Promise<Grant> {
    const consumer = await this.#consumerSetUp.get();
    const bearer = await appOnlyBearer(this.#apiBaseUrl(), consumer, this.#world);
    const label = l10n.t('App with API key {0}…', consumer.key.slice(0, 6));
    return this.#sessions.keep({ appKey: consumer.key, account: { id: fingerprint(bearer), label }, secret: bearer });
  }

  async #fromPasted(): Promise<Grant> {
    // Verbatim: X's bearer tokens have percent signs in them, which are not to be decoded.
    const bearer = await ask({
      title: l10n.t('App-Only (1/2): Bearer Token'),
      prompt: l10n.t('Paste the Bearer Token of your X app as it is, percent signs and all.'),
      placeholder: l10n.t('Bearer Token, from "Keys and tokens"'),
      password: true,
      problem: (text) =>
        /^[\w\-.~+/%]+=*$/.test(text)
          ? undefined
          : l10n.t('This is not a bearer token: copy it again, without anything around it.'),
    });
    const owner = await bearerOwner(this.#apiBaseUrl(), bearer, this.#world);
    if (owner !== 'app') throw bearerRefused(owner);
    const label = await ask({
      title: l10n.t('App-Only (2/2): Name'),
      prompt: l10n.t('Name the app, so that you recognize it in the Accounts menu.'),
      placeholder: l10n.t('Name'),
      value: l10n.t('X app'),
      problem: (text) => (text === '' ? l10n.t('Give it a name.') : undefined),
    });
    return this.#sessions.keep({
      appKey: fingerprint(bearer),
      account: { id: fingerprint(bearer), label },
      secret: bearer,
    });
  }
}

async function chooseWay(): Promise<'key' | 'pasted'> {
  const ways = [
    {
      way: 'key' as const,
      label: l10n.t('From the API Key and Secret'),
      detail: l10n.t("X hands out the app's bearer token for them."),
    },
    {
      way: 'pasted' as const,
      label: l10n.t('Paste a Bearer Token'),
      detail: l10n.t("From the app's page in X's console."),
    },
  ];
  const chosen = await vscode.window.showQuickPick(ways, {
    title: l10n.t('Add an app-only bearer token of X'),
    ignoreFocusOut: true,
  });
  if (chosen === undefined) throw cancelled();
  return chosen.way;
}
