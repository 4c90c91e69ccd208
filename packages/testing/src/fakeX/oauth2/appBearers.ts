import { randomBytes } from 'node:crypto';
import type { App } from '../app.ts';
import { PREFIXES, type Secrets } from '../secrets.ts';

/** The bearer token of each app: the same one every time, for as long as the app keeps its API secret (docs/what-x-does.md, 6). */
export class AppBearers {
  readonly #bearers = new Map<string, string>();
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** As at X, `%2F` and `%3D` are part of the token and must not be decoded. */
  bearer({ apiKey, apiSecret }: App): string {
    const key = `${apiKey}:${apiSecret}`;
    const known = this.#bearers.get(key);
    if (known !== undefined) return known;
    const [first, second] = [randomBytes(24).toString('base64url'), randomBytes(18).toString('base64url')];
    const bearer = this.#secrets.note(`${PREFIXES.appBearer}${first}%2F${second}%3D`);
    this.#bearers.set(key, bearer);
    return bearer;
  }

  owner(bearer: string, apps: readonly App[]): App | undefined {
    return apps.find(({ apiKey, apiSecret }) => this.#bearers.get(`${apiKey}:${apiSecret}`) === bearer);
  }
}
