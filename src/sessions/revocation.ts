import type { Log } from '../common/log.ts';
import { RefusedError } from '../oauth/errors.ts';
import type { HttpDeps } from '../oauth/http.ts';
import { tokenEndpoints } from '../x/endpoints.ts';
import { refusalCause } from '../x/errors.ts';
import type { Given } from './labels.ts';
import type { ClientSecrets } from './store/clientSecrets.ts';

/** Ends tokens of OAuth 2.0 at X (RFC 7009). */
export class Revocation {
  readonly #clients: ClientSecrets;
  readonly #deps: HttpDeps;
  readonly #log: Log;

  constructor(parts: { clients: ClientSecrets; deps: HttpDeps; log: Log }) {
    this.#clients = parts.clients;
    this.#deps = parts.deps;
    this.#log = parts.log;
  }

  /** Revokes both tokens of a grant, and resolves to whether X has done so. Never rejects. */
  async revoke(grant: Given): Promise<boolean> {
    const tokens = [
      ...(grant.refreshToken === undefined ? [] : [[grant.refreshToken, 'refresh_token'] as const]),
      [grant.accessToken, 'access_token'] as const,
    ];
    const results = await Promise.allSettled(tokens.map(([token, hint]) => this.#revokeOne(grant, token, hint)));
    const failures = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failures) this.#log.warn(`Grant ${grant.id}: not revoked at X. ${String(reason)}`);
    if (failures.length === 0) this.#log.info(`Grant ${grant.id}: revoked at X.`);
    return failures.length === 0;
  }

  async #revokeOne(grant: Given, token: string, hint: 'refresh_token' | 'access_token'): Promise<void> {
    const { revoke } = await import('../oauth/authorizationCode.ts');
    const client = await this.#clients.get(grant);
    try {
      await revoke(tokenEndpoints(grant.apiBaseUrl), client, token, hint, this.#deps);
    } catch (error) {
      // Dead already, perhaps by the revocation of the other one: that is what was asked for.
      if (!(error instanceof RefusedError && refusalCause(error) === 'token')) throw error;
    }
  }
}
