import type { XApi, XAuthentication } from '../../x-authentication.d.ts';
import type { ApiRequests } from '../sessions/apiRequests.ts';
import type { Log } from '../sessions/log.ts';
import { rateLimitOf } from '../x/rateLimit.ts';
import { toFailure, unsupportedVersion } from './messages.ts';

/** What `activate()` returns: the contract in x-authentication.d.ts. */
export function exportedApi(
  requests: ApiRequests,
  apiBaseUrl: () => string,
  log: Pick<Log, 'warn'>,
): Readonly<XAuthentication> {
  const failed = (error: unknown, signal?: AbortSignal | null): unknown => {
    // The caller's own mistakes and wishes.
    if (error instanceof TypeError || (signal?.aborted === true && error === signal.reason)) return error;
    const failure = toFailure(error);
    log.warn(`A request of another extension: ${failure.name}. ${String(error)}`);
    return failure;
  };

  const api: XApi = {
    get apiBaseUrl() {
      try {
        return apiBaseUrl();
      } catch (error) {
        throw failed(error);
      }
    },

    async authorization(session, { method = 'GET', url, form }) {
      try {
        return await requests.authorization(session, { method, url, form: form && new URLSearchParams(form) });
      } catch (error) {
        throw failed(error);
      }
    },

    async fetch(session, input, init) {
      try {
        return await requests.fetch(session, input, init);
      } catch (error) {
        throw failed(error, init?.signal ?? (input instanceof Request ? input.signal : undefined));
      }
    },

    rateLimit: ({ headers }) => rateLimitOf(headers),
  };
  Object.freeze(api);

  return Object.freeze({
    getApi(version: number) {
      if (version !== 1) throw unsupportedVersion(version);
      return api;
    },
  });
}
