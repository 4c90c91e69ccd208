import { parseJson } from '../../../common/json.ts';
import * as v from 'valibot';
import { l10n, type QuickPickOptions } from 'vscode';
import { RefusedError } from '../../../oauth/errors.ts';
import { refusalCause } from '../../../x/errors.ts';
import type { Consumer } from '../../../oauth/oauth1Signature.ts';
import type { Secrets } from '../../../sessions/store/grantRecords.ts';
import { shortKey } from '../accounts/grantLabels.ts';
import { ask, choose } from '../prompt.ts';

const ConsumerRecord = v.object({
  version: v.literal(1),
  key: v.pipe(v.string(), v.nonEmpty()),
  secret: v.pipe(v.string(), v.nonEmpty()),
});

/**
 * The app's API key and secret, which OAuth 1.0a and app-only sign-ins share: asked for once for each server, kept in
 * SecretStorage.
 */
export class ApiKeyPrompt {
  readonly #secrets: Secrets;
  readonly #key: string;
  #isRefused = false;

  constructor(secrets: Secrets, apiBaseUrl: string) {
    this.#secrets = secrets;
    this.#key = `consumer:${apiBaseUrl}`;
  }

  async known(): Promise<Consumer | undefined> {
    const stored = parseJson(ConsumerRecord, await this.#secrets.get(this.#key));
    return stored && { key: stored.key, secret: stored.secret };
  }

  /**
   * The key and secret that are known; asked for where there are none, or where X has refused them.
   *
   * @throws {UserFacingError} `Cancelled` or `TimedOut`
   */
  async get(signal: AbortSignal): Promise<Consumer> {
    const known = this.#isRefused ? undefined : await this.known();
    return known ?? this.set(signal);
  }

  /** Makes a request that proves them: when X does not accept them, they are asked for anew next time. */
  async prove<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      this.#isRefused = error instanceof RefusedError && refusalCause(error) === 'api-key';
      throw error;
    }
  }

  /** @throws {UserFacingError} `Cancelled` or `TimedOut` */
  async set(signal?: AbortSignal): Promise<Consumer> {
    const problem = (text: string): string | undefined =>
      /^[\x21-\x7e]+$/.test(text)
        ? undefined
        : l10n.t('It has only letters and digits: copy it again, without anything around it.');
    const key = await ask({
      title: l10n.t('API Key and Secret (1/2): API Key'),
      prompt: l10n.t('Paste the API Key of your X app, which X also calls Consumer Key.'),
      placeholder: l10n.t('API Key, from "Keys and tokens"'),
      value: (await this.known())?.key ?? '',
      problem,
      signal,
    });
    const secret = await ask({
      title: l10n.t('API Key and Secret (2/2): API Key Secret'),
      prompt: l10n.t('Paste the API Key Secret that belongs to it.'),
      placeholder: l10n.t('API Key Secret, from "Keys and tokens"'),
      password: true,
      problem,
      signal,
    });
    await this.#secrets.store(this.#key, JSON.stringify({ version: 1, key, secret }));
    this.#isRefused = false;
    return { key, secret };
  }
}

/** Where the tokens of a sign-in come from. */
interface Source<Name> {
  readonly source: Name;
  readonly label: string;
  readonly detail: string;
}

/**
 * Asks how to sign in with an API key. The last row takes another key instead of the one that is known.
 *
 * @throws {UserFacingError} `Cancelled` or `TimedOut`
 */
export async function chooseSource<Name extends string>(
  options: Pick<QuickPickOptions, 'title' | 'placeHolder'>,
  sources: readonly Source<Name>[],
  apiKeyPrompt: ApiKeyPrompt,
  signal: AbortSignal,
): Promise<Name> {
  for (;;) {
    const known = await apiKeyPrompt.known();
    const another = known && {
      source: undefined,
      label: l10n.t('Use Another API Key'),
      detail: l10n.t('Until now: {0}', shortKey(known.key)),
    };
    const rows: readonly Source<Name | undefined>[] = another === undefined ? sources : [...sources, another];
    const { source } = await choose(rows, options, signal);
    if (source !== undefined) return source;
    await apiKeyPrompt.set(signal);
  }
}
