import * as v from 'valibot';
import { l10n } from 'vscode';
import { RefusedError } from '../../../oauth/errors.ts';
import type { Consumer } from '../../../oauth/oauth1Signature.ts';
import type { Secrets } from '../../../sessions/store/grantRecords.ts';
import { ask } from '../prompt.ts';

const ConsumerRecord = v.object({
  version: v.literal(1),
  key: v.pipe(v.string(), v.nonEmpty()),
  secret: v.pipe(v.string(), v.nonEmpty()),
});

/** X's numbers for a key or secret that it does not accept. */
const NOT_ACCEPTED = ['32', '99', '215'];

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
    const stored = v.safeParse(v.pipe(v.string(), v.parseJson(), ConsumerRecord), await this.#secrets.get(this.#key));
    return stored.success ? { key: stored.output.key, secret: stored.output.secret } : undefined;
  }

  /**
   * The key and secret that are known; asked for where there are none, or where X has refused them.
   *
   * @throws {UserFacingError} `Cancelled` or `TimedOut`
   */
  async get(until: AbortSignal): Promise<Consumer> {
    const known = this.#isRefused ? undefined : await this.known();
    return known ?? this.set(until);
  }

  /** Makes a request that proves them: when X does not accept them, they are asked for anew next time. */
  async prove<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      this.#isRefused = error instanceof RefusedError && NOT_ACCEPTED.includes(error.code);
      throw error;
    }
  }

  /** @throws {UserFacingError} `Cancelled` or `TimedOut` */
  async set(until?: AbortSignal): Promise<Consumer> {
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
      until,
    });
    const secret = await ask({
      title: l10n.t('API Key and Secret (2/2): API Key Secret'),
      prompt: l10n.t('Paste the API Key Secret that belongs to it.'),
      placeholder: l10n.t('API Key Secret, from "Keys and tokens"'),
      password: true,
      problem,
      until,
    });
    await this.#secrets.store(this.#key, JSON.stringify({ version: 1, key, secret }));
    this.#isRefused = false;
    return { key, secret };
  }
}
