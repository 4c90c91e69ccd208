import { randomBytes } from 'node:crypto';
import { type Answer, json } from './answer.ts';
import type { App } from './app.ts';
import { basicPair } from './clientAuthentication.ts';
import type { Received } from './received.ts';
import { PREFIXES, type Secrets } from './secrets.ts';
import type { World } from './world.ts';

/** The bearer of each app: one, the same every time, for as long as the app has its API secret (docs/what-x-does.md, 6). */
export class AppBearers {
  readonly #bearers = new Map<string, string>();
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** As at X, `%2F` and `%3D` are part of it, and not an encoding to be undone. */
  of({ apiKey, apiSecret }: App): string {
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

/** `POST /oauth2/token`: Basic of API key and secret, `grant_type=client_credentials`. */
export function appOnlyTokenEndpoint(request: Received, x: World): Answer {
  const pair = basicPair(request.headers.authorization ?? '');
  const app = x.appOfKey(pair?.user);
  if (app === undefined || app.apiSecret !== pair?.password) {
    const error = { code: 99, message: 'Unable to verify your credentials', label: 'authenticity_token_error' };
    return json(403, { errors: [error] });
  }
  if (request.form?.['grant_type'] !== 'client_credentials') {
    const message = 'Missing required parameter: grant_type';
    return json(403, { errors: [{ code: 170, message, label: 'forbidden_missing_parameter' }] });
  }
  return json(200, { token_type: 'bearer', access_token: x.appBearers.of(app) });
}
