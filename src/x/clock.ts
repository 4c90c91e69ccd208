import type { HttpDeps } from '../oauth/http.ts';
import { UnreachableError } from '../oauth/errors.ts';
import { meEndpoint } from './endpoints.ts';

interface ClockComparison {
  /** How far X's clock is ahead of this machine's: to a second, and half the round trip. */
  readonly aheadMs: number;
  readonly roundTripMs: number;
}

/**
 * Asks X, without a token, for anything: what counts is the Date of the answer (RFC 9110 §6.6.1).
 *
 * @throws {UnreachableError}
 */
export async function compareClocks(apiBaseUrl: string, deps: HttpDeps): Promise<ClockComparison> {
  const sentAt = deps.now();
  const { headers, status } = await deps.fetch(meEndpoint(apiBaseUrl), {});
  const roundTripMs = deps.now() - sentAt;
  const date = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(date)) throw new UnreachableError('The server does not say what time it is.', { status });
  // The Date has no fractions of a second, and was written half way through.
  return { aheadMs: Math.round(date + 500 - (sentAt + roundTripMs / 2)), roundTripMs };
}
