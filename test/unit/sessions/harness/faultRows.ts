import {
  answers,
  answersJson,
  dripping,
  type Fault,
  faults,
  refusingUrl,
  type FaultStage,
  startUntrustedServer,
  tooManyRequestsUntil,
  withMembers,
} from 'x-authentication-testing';

/** What became of the grant, what the caller got, and what the person was told. */
export interface Effect {
  readonly grant: string;
  readonly caller: string;
  readonly told: string;
}

/** How a fault is made: an address in place of X's, or something that the fake X does. */
export type Making =
  | { readonly address: () => Promise<{ readonly url: string; stop(): Promise<void> }> }
  | { readonly fault: (now: number) => Fault; readonly at?: FaultStage; readonly timesOut?: boolean };

export interface Row {
  readonly what: string;
  readonly making: Making;
  /** Undefined where it can't happen. */
  readonly refresh: Effect | undefined;
  readonly exchange: Effect | undefined;
  readonly whoAmI: Effect | undefined;
}

const LATER: Effect = { grant: 'kept, refreshed later', caller: 'the token it had', told: 'nothing' };
const SPENT: Effect = { grant: 'kept, ended by X later', caller: 'the token it had', told: 'rejected, dropped' };
const RENEWED: Effect = { grant: 'refreshed', caller: 'a fresh token', told: 'nothing' };
const ENDED: Effect = { grant: 'ended', caller: 'no session', told: 'rejected' };
const UNKNOWN_CLIENT: Effect = { ...LATER, told: 'unknown-client' };
const CLIENT_SECRET: Effect = { ...LATER, told: 'client-secret' };

const GIVEN: Effect = { grant: 'given', caller: 'a session', told: 'nothing' };
const UNREACHABLE: Effect = { grant: 'none yet', caller: 'Unreachable', told: 'check the connection' };
const ODD_ANSWER: Effect = { ...UNREACHABLE, told: 'try again in a few minutes' };
const REFUSED: Effect = { grant: 'none yet', caller: 'Refused', told: 'try again' };
const MISCONFIGURED: Effect = { grant: 'none yet', caller: 'Refused', told: 'set up the app' };

const UNNAMED: Effect = { grant: 'given, named later', caller: 'a session', told: 'nothing' };

/** A fault that says nothing about a token, and after which X has not spent it. */
const PASSING = { refresh: LATER, exchange: UNREACHABLE, whoAmI: UNNAMED };
/** A fault that comes after X has acted. */
const LOST = { refresh: SPENT, exchange: UNREACHABLE, whoAmI: UNNAMED };
/** The same, where there was an answer, but not one of X's. */
const ODD = { ...PASSING, exchange: ODD_ANSWER };
const ODD_AND_LOST = { ...LOST, exchange: ODD_ANSWER };

function refusal(status: number, error: string, description: string): Making {
  return { fault: () => answersJson(status, { error, error_description: description }) };
}

function problem(status: number, type: string, more: object = {}): Making {
  const headers = { 'content-type': 'application/problem+json' };
  const body = JSON.stringify({ title: 'A problem', detail: 'In words.', type, status, ...more });
  return { fault: () => answers(status, headers, body) };
}

const PROBLEM = 'https://api.twitter.com/2/problems/';

/** Every fault that the project promises something about, and what it promises. */
export const rows: readonly Row[] = [
  {
    what: 'connection refused',
    making: { address: async () => ({ url: await refusingUrl(), stop: async () => undefined }) },
    ...PASSING,
  },
  {
    what: 'no such host (DNS)',
    making: { address: async () => ({ url: 'http://x.invalid', stop: async () => undefined }) },
    ...PASSING,
  },
  { what: 'certificate not trusted (TLS)', making: { address: startUntrustedServer }, ...PASSING },
  { what: 'reset before the request was read', making: { fault: () => faults.reset, at: 'unread' }, ...PASSING },
  { what: 'reset after it was read', making: { fault: () => faults.reset, at: 'before' }, ...PASSING },
  { what: 'reset after X had acted', making: { fault: () => faults.reset, at: 'after' }, ...LOST },
  { what: 'no answer', making: { fault: () => faults.silence, timesOut: true }, ...PASSING },
  {
    what: 'no answer after X had acted',
    making: { fault: () => faults.silence, at: 'after', timesOut: true },
    ...LOST,
  },
  { what: 'slow drip', making: { fault: () => dripping(50), timesOut: true }, ...ODD_AND_LOST },
  { what: 'answer that breaks off', making: { fault: () => faults.brokenOff }, ...ODD_AND_LOST },
  { what: 'truncated JSON', making: { fault: () => faults.truncatedJson }, ...ODD_AND_LOST },
  { what: 'HTML 503', making: { fault: () => faults.htmlUnavailable }, ...ODD },
  { what: 'HTML 503 after X had acted', making: { fault: () => faults.htmlUnavailable, at: 'after' }, ...ODD_AND_LOST },
  { what: '500', making: { fault: () => faults.internalError }, ...ODD },
  { what: '502', making: { fault: () => faults.badGateway }, ...ODD },
  { what: '429 without a reset header', making: { fault: () => faults.tooManyRequests }, ...ODD },
  {
    what: '429 with a reset header',
    making: { fault: (now) => tooManyRequestsUntil(now + 10 * 60_000) },
    ...ODD,
  },
  { what: '401 without an OAuth body', making: { fault: () => faults.bareUnauthorized }, ...ODD },
  { what: '403 without an OAuth body', making: { fault: () => faults.bareForbidden }, ...ODD },
  { what: '400 without an OAuth body', making: { fault: () => faults.bareBadRequest }, ...ODD },
  { what: 'a body of 100 MB', making: { fault: () => faults.hundredMegabytes }, ...ODD },
  {
    what: 'redirect to another host',
    making: { fault: () => answers(307, { location: 'https://elsewhere.invalid/' }, '') },
    ...ODD,
  },
  {
    what: 'a page of a captive portal (200, HTML)',
    making: { fault: () => answers(200, { 'content-type': 'text/html' }, '<h1>Welcome to the hotel</h1>') },
    ...ODD,
  },
  {
    what: '`expires_in` missing',
    making: { fault: () => withMembers({ expires_in: undefined }) },
    refresh: RENEWED,
    exchange: GIVEN,
    whoAmI: undefined,
  },
  {
    what: '`expires_in` a string',
    making: { fault: () => withMembers({ expires_in: '7200' }) },
    refresh: RENEWED,
    exchange: GIVEN,
    whoAmI: undefined,
  },
  {
    what: 'no refresh token in the answer',
    making: { fault: () => withMembers({ refresh_token: undefined }) },
    refresh: RENEWED,
    exchange: GIVEN,
    whoAmI: undefined,
  },
  {
    what: 'no `scope` in the answer',
    making: { fault: () => withMembers({ scope: undefined }) },
    refresh: RENEWED,
    exchange: GIVEN,
    whoAmI: undefined,
  },
  {
    what: '400 `invalid_client`: unknown client id',
    making: refusal(400, 'invalid_client', 'Value passed for the client id was invalid.'),
    refresh: UNKNOWN_CLIENT,
    exchange: MISCONFIGURED,
    whoAmI: UNNAMED,
  },
  {
    what: '401 `unauthorized_client`: secret missing, wrong or needless',
    making: refusal(401, 'unauthorized_client', 'Missing valid authorization header'),
    refresh: CLIENT_SECRET,
    exchange: MISCONFIGURED,
    whoAmI: UNNAMED,
  },
  {
    what: '400 `invalid_request`: missing parameter',
    making: refusal(400, 'invalid_request', 'Missing required parameter [client_id].'),
    refresh: LATER,
    exchange: REFUSED,
    whoAmI: UNNAMED,
  },
  {
    what: '400 `invalid_request`: code unknown, expired, used',
    making: refusal(400, 'invalid_request', 'Value passed for the authorization code was invalid.'),
    refresh: LATER,
    exchange: REFUSED,
    whoAmI: UNNAMED,
  },
  {
    what: '400 `invalid_request`: wrong verifier',
    making: refusal(400, 'invalid_request', 'Value passed for the code verifier did not match the code challenge.'),
    refresh: LATER,
    exchange: REFUSED,
    whoAmI: UNNAMED,
  },
  {
    what: '400 `invalid_request`: other redirect URI',
    making: refusal(
      400,
      'invalid_request',
      'Value passed for the redirect uri did not match the uri of the authorization code.',
    ),
    refresh: LATER,
    exchange: REFUSED,
    whoAmI: UNNAMED,
  },
  {
    what: '400 `invalid_request`: **refresh token unknown, used, revoked**',
    making: refusal(400, 'invalid_request', 'Value passed for the token was invalid.'),
    refresh: ENDED,
    exchange: REFUSED,
    whoAmI: UNNAMED,
  },
  {
    what: '400 `invalid_grant`',
    making: refusal(400, 'invalid_grant', 'The refresh token is invalid.'),
    refresh: ENDED,
    exchange: REFUSED,
    whoAmI: UNNAMED,
  },
  {
    what: '400 `invalid_request`: wrong grant type',
    making: refusal(400, 'invalid_request', 'Value passed for the grant type was invalid.'),
    refresh: LATER,
    exchange: REFUSED,
    whoAmI: UNNAMED,
  },
  {
    what: '503 with an OAuth body that says `invalid_grant`',
    making: refusal(503, 'invalid_grant', 'The refresh token is invalid.'),
    ...ODD,
  },
  { what: '401 problem `about:blank`', making: problem(401, 'about:blank'), ...ODD },
  { what: '402 problem `credits`', making: problem(402, `${PROBLEM}credits`), ...ODD },
  {
    what: '403 problem `client-not-enrolled`',
    making: problem(403, `${PROBLEM}client-forbidden`, { reason: 'client-not-enrolled' }),
    ...ODD,
  },
  {
    what: '403 problem `unsupported-authentication`',
    making: problem(403, `${PROBLEM}unsupported-authentication`),
    ...ODD,
  },
  { what: '403 problem `user-suspended`', making: problem(403, `${PROBLEM}user-suspended`), ...ODD },
  { what: '403 problem `oauth1-permissions`', making: problem(403, `${PROBLEM}oauth1-permissions`), ...ODD },
];
