import * as vscode from 'vscode';
import type { AppOnlyGrant, Grant, GrantBase } from '../../../sessions/grant.ts';
import type { LabelOwner } from '../../../sessions/labels.ts';
import { fingerprint, type StaticSessions } from '../../../sessions/staticSessions.ts';
import type { HttpDeps } from '../../../oauth/http.ts';
import { plainWords, RefusedError } from '../../../oauth/errors.ts';
import { appOnlyBearer, bearerOwner, type BearerOwner } from '../../../x/appOnly.ts';
import { chooseSource, type ApiKeyPrompt } from './apiKeyPrompt.ts';
import { appLabels, numbered } from '../accounts/grantLabels.ts';
import { withUserFacingErrors } from '../messages/errors.ts';
import { bearerRefused, notABearer } from '../messages/signInErrors.ts';
import { ask, promptTimeout } from '../prompt.ts';
import { settings } from '../../settings.ts';

const { l10n } = vscode;

/** Adds an app's own bearer token, from its API key and secret or pasted from X's console. */
export class AppOnlySignIn {
  readonly #sessions: StaticSessions<'app-only'>;
  readonly #isFree: (label: string, owner: LabelOwner) => Promise<boolean>;
  readonly #apiKeyPrompt: (apiBaseUrl: string) => ApiKeyPrompt;
  readonly #deps: HttpDeps;
  readonly #log: vscode.LogOutputChannel;

  constructor(parts: {
    sessions: StaticSessions<'app-only'>;
    /** Whether nobody has had a label but this owner. */
    isFree: (label: string, owner: LabelOwner) => Promise<boolean>;
    apiKeyPrompt: (apiBaseUrl: string) => ApiKeyPrompt;
    deps: HttpDeps;
    log: vscode.LogOutputChannel;
  }) {
    this.#sessions = parts.sessions;
    this.#isFree = parts.isFree;
    this.#apiKeyPrompt = parts.apiKeyPrompt;
    this.#deps = parts.deps;
    this.#log = parts.log;
  }

  /** @throws {UserFacingError} */
  async run(): Promise<Grant> {
    return withUserFacingErrors('App-only sign-in', this.#log, () => this.#signIn());
  }

  async #signIn(): Promise<Grant> {
    const timeout = promptTimeout();
    const apiBaseUrl = settings.apiBaseUrl();
    const apiKeyPrompt = this.#apiKeyPrompt(apiBaseUrl);
    const sources = [
      {
        source: 'key' as const,
        label: l10n.t('From the API Key and Secret'),
        detail: l10n.t("X hands out the app's bearer token for them."),
      },
      {
        source: 'pasted' as const,
        label: l10n.t('Paste a Bearer Token'),
        detail: l10n.t("From the app's page in X's console."),
      },
    ];
    const title = l10n.t('Add an app-only bearer token of X');
    const source = await chooseSource({ title }, sources, apiKeyPrompt, timeout);
    return source === 'key' ? this.#fromKey(apiBaseUrl, apiKeyPrompt, timeout) : this.#fromPasted(apiBaseUrl, timeout);
  }

  async #fromKey(apiBaseUrl: string, apiKeyPrompt: ApiKeyPrompt, timeout: AbortSignal): Promise<Grant> {
    const consumer = await apiKeyPrompt.get(timeout);
    const bearer = await apiKeyPrompt.prove(() => appOnlyBearer(apiBaseUrl, consumer, this.#deps));
    return this.#sessions.keep({
      apiBaseUrl,
      appKey: consumer.key,
      // The app's, and not the bearer's: another bearer of the same app takes the place of this one.
      account: { id: fingerprint(consumer.key) },
      labels: () => appLabels(consumer.key),
      toGrant: (rest) => ({ kind: 'app-only', bearer, ...rest }),
    });
  }

  async #fromPasted(apiBaseUrl: string, timeout: AbortSignal): Promise<Grant> {
    // Verbatim: X's bearer tokens have percent signs in them, which are not to be decoded.
    const bearer = await ask({
      title: l10n.t('App-Only (1/2): Bearer Token'),
      prompt: l10n.t('Paste the Bearer Token of your X app as it is, percent signs and all.'),
      placeholder: l10n.t('Bearer Token, from "Keys and tokens"'),
      password: true,
      problem: (text) => (/\s/.test(text) || text === '' ? notABearer() : undefined),
      signal: timeout,
    });
    const owner = await this.#ownerOf(apiBaseUrl, bearer);
    if (owner !== 'app') throw bearerRefused(owner);
    const id = fingerprint(bearer);
    const isFree = (label: string): Promise<boolean> => this.#isFree(label, { apiBaseUrl, app: id, accountId: id });
    const name = await ask({
      title: l10n.t('App-Only (2/2): Name'),
      prompt: l10n.t('Name the app, so that you recognize it in the Accounts menu.'),
      placeholder: l10n.t({ message: 'Name', comment: ['Of an app at X.'] }),
      value: await firstThat(
        isFree,
        numbered(l10n.t({ message: 'X app', comment: ['The name of an app at X that has not been given another.'] })),
      ),
      // VS Code tells accounts apart by their names, and remembers what those were allowed that are gone.
      problem: async (text) =>
        plainWords(text) === '' || !(await isFree(plainWords(text)))
          ? l10n.t('Give it a name that no other app has had here.')
          : undefined,
      signal: timeout,
    });
    // As it will be read again.
    const labels = (): Iterable<string> => numbered(plainWords(name));
    const toGrant = (rest: GrantBase): AppOnlyGrant => ({ kind: 'app-only', bearer, ...rest });
    return this.#sessions.keep({ apiBaseUrl, appKey: id, account: { id }, labels, toGrant });
  }

  async #ownerOf(apiBaseUrl: string, bearer: string): Promise<BearerOwner | 'unknown'> {
    try {
      return await bearerOwner(apiBaseUrl, bearer, this.#deps);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 401) return 'unknown';
      throw error;
    }
  }
}

async function firstThat(isGood: (name: string) => Promise<boolean>, names: Iterable<string>): Promise<string> {
  for (const name of names) if (await isGood(name)) return name;
  return '';
}
