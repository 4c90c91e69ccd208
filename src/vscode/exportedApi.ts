import { l10n } from 'vscode';
import type { XApi, XAuthentication } from '../api/x-authentication.d.ts';
import { plainWords } from '../oauth/errors.ts';
import type { ApiRequests } from '../api/apiRequests.ts';
import type { Log } from '../common/log.ts';
import { rateLimitOf } from '../x/rateLimit.ts';
import { UserFacingError } from './userFacingError.ts';

/** What `activate()` returns: the contract in x-authentication.d.ts. */
export function exportedApi(
  requests: ApiRequests,
  apiBaseUrl: () => string,
  ui: () => Promise<{ readonly toUserFacingError: (error: unknown) => UserFacingError }>,
  log: Pick<Log, 'warn'>,
): Readonly<XAuthentication> {
  const failed = async (error: unknown, signal?: AbortSignal | null): Promise<unknown> => {
    // The caller's own mistakes and wishes.
    if (error instanceof TypeError || (signal?.aborted === true && error === signal.reason)) return error;
    const failure = (await ui()).toUserFacingError(error);
    log.warn(`A request of another extension: ${failure.name}. ${plainWords(String(error))}`);
    return failure;
  };

  const api: XApi = {
    get apiBaseUrl() {
      return apiBaseUrl();
    },

    async authorization(session, { method = 'GET', url, form }) {
      try {
        return await requests.authorization(session, { method, url, form: form && new URLSearchParams(form) });
      } catch (error) {
        throw await failed(error);
      }
    },

    async fetch(session, input, init) {
      try {
        return await requests.fetch(session, input, init);
      } catch (error) {
        throw await failed(error, init?.signal ?? (input instanceof Request ? input.signal : undefined));
      }
    },

    rateLimit: ({ headers }) => rateLimitOf(headers),
  };
  Object.freeze(api);

  return Object.freeze({
    getApi(version: number) {
      if (version === 1) return api;
      throw new UserFacingError(
        'UnsupportedVersion',
        l10n.t('X Authentication has no API of version {0}: update it.', String(version)),
      );
    },
  });
}
