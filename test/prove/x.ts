import { createHash } from 'node:crypto';
import { ADA, type Answer, FakeX, NATIVE_APP, type ReceivedRequest } from 'x-authentication-testing';
import type { Process, Schedule } from './schedule.ts';

const API = 'http://127.0.0.1:8080';
export const APP = { apiBaseUrl: API, clientId: NATIVE_APP.clientId };

const REDIRECT_URI = NATIVE_APP.redirectUris[0] ?? '';
const VERIFIER = 'v'.repeat(43);

/** What a window sends to X to sign in with, after its person has allowed it in the browser. */
export interface Callback {
  readonly request: { redirectUri: string; scopes: readonly string[]; state: string; verifier: string };
  readonly parameters: URLSearchParams;
}

/** One request, and what became of it. */
export interface Asked {
  readonly process: Process;
  readonly what: 'refresh' | 'code' | 'me' | 'revoke' | 'other';
  /** The token or code that came with it. */
  readonly token: string;
  status: number | undefined;
  /** The refresh token that X gave. */
  gave: string | undefined;
  state: 'under way' | 'answered' | 'lost';
  /** What the window had changed by then, for it to be known whether it lived to keep the answer. */
  answeredAt: number;
  /** Whether the token was live when X got it. */
  wasLive: boolean;
}

/** The fake X without its server. X acts in one step, and its answer arrives in another. */
export class X {
  readonly asked: Asked[] = [];
  /** How long the answer about who somebody is takes, in milliseconds. */
  slowToName = 0;
  /** How many more times X does not say who somebody is. */
  doesNotName = 0;
  readonly #x: FakeX;
  readonly #schedule: Schedule;
  readonly #names = new Map<string, string>();
  #minted = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#x = new FakeX({
      now: () => schedule.now,
      apps: [NATIVE_APP],
      people: [ADA],
      // The same ones in every run, so that what is derived from them is the same, too.
      mintSecret: (kind) => {
        const secret = `${kind}-${createHash('sha256').update(String(++this.#minted)).digest('hex')}`;
        this.#names.set(
          secret,
          kind === 'code'
            ? 'code'
            : `${kind === 'refreshToken' ? 'R' : 'A'}${++this.#counts[kind === 'refreshToken' ? 'R' : 'A']}`,
        );
        return secret;
      },
    });
    this.#x.switches.autoConsent = { as: ADA.key, decision: 'authorize' };
  }

  readonly #counts = { R: 0, A: 0 };

  /** Every refresh token that one could refresh with now. */
  get live(): readonly string[] {
    return this.#x.grants.refreshable.map(({ refreshToken }) => refreshToken);
  }

  takes(accessToken: string): boolean {
    return this.#x.grants.isLive(accessToken);
  }

  nameOf(token: string): string {
    return this.#names.get(token) ?? 'an unknown token';
  }

  get refreshes(): readonly Asked[] {
    return this.asked.filter(({ what }) => what === 'refresh');
  }

  /** A person allows the app in the browser. */
  allow(scopes: readonly string[]): Callback {
    const request = { redirectUri: REDIRECT_URI, scopes, state: 's'.repeat(43), verifier: VERIFIER };
    const query = {
      response_type: 'code',
      client_id: NATIVE_APP.clientId,
      redirect_uri: REDIRECT_URI,
      scope: scopes.join(' '),
      state: request.state,
      code_challenge: createHash('sha256').update(VERIFIER, 'ascii').digest('base64url'),
      code_challenge_method: 'S256',
    };
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const page = received(`${API}/i/oauth2/authorize?${pairs.join('&')}`, {}, this.#schedule.now);
    return { request, parameters: new URL(this.#x.respond(page).headers['location'] ?? '').searchParams };
  }

  /** The `fetch` of one window. */
  fetchFor(process: Process) {
    return async (url: string, init: RequestInit = {}): Promise<PlainResponse> => {
      const schedule = this.#schedule;
      const request = received(url, init, schedule.now);
      const asked = readAsked(process, request);
      const writes = asked.what !== 'me';
      const says = {
        refresh: 'sends',
        code: 'sends the',
        me: 'asks X whose',
        revoke: 'asks X to revoke',
        other: 'asks',
      };
      const label = `${says[asked.what]} ${this.nameOf(asked.token)}${asked.what === 'me' ? ' is' : ''}`;
      init.signal?.throwIfAborted();
      const answer = await schedule.step(
        label,
        () => [{ what: '/x', how: writes ? 'write' : 'read' }],
        () => this.#act(request, asked),
      );
      return this.#deliver(asked, answer, init.signal ?? undefined);
    };
  }

  #act(request: ReceivedRequest, asked: Asked): Answer {
    this.asked.push(asked);
    asked.wasLive = this.#x.grants.isLive(asked.token);
    // Everything takes time: no two things at X happen in the same millisecond.
    this.#schedule.advance(1);
    if (asked.what === 'me' && this.doesNotName > 0) {
      this.doesNotName--;
      return { status: 503, headers: { 'content-type': 'text/plain' }, body: 'Service Unavailable' };
    }
    const answer = this.#x.respond(request);
    asked.status = answer.status;
    const body: unknown = JSON.parse(answer.body);
    if (typeof body === 'object' && body !== null && 'refresh_token' in body) asked.gave = String(body.refresh_token);
    const gave = asked.gave === undefined ? '' : ` and gives ${this.nameOf(asked.gave)}`;
    if (asked.what !== 'me') this.#schedule.tell(`X answers ${answer.status}${gave}`);
    return answer;
  }

  /** The answer waits in the socket until the window reads it, and for a while on the way where X is slow. */
  #deliver(asked: Asked, answer: Answer, signal: AbortSignal | undefined): Promise<PlainResponse> {
    const schedule = this.#schedule;
    const { task } = schedule;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        asked.state = 'lost';
        reject(new DOMException('This operation was aborted', 'AbortError'));
      };
      signal?.addEventListener('abort', abort);
      const arrive = (): void =>
        schedule.push(task, {
          label: `reads X's answer (${answer.status})`,
          touches: () => [],
          kind: 'answer',
          run: () => {
            if (asked.state === 'under way') asked.state = 'answered';
            asked.answeredAt = schedule.events.length;
            resolve(new PlainResponse(answer));
          },
          lose:
            asked.what === 'refresh' || asked.what === 'code'
              ? () => {
                  asked.state = 'lost';
                  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
                  reject(new TypeError('fetch failed', { cause }));
                }
              : undefined,
        });
      if (asked.what === 'me' && this.slowToName > 0) schedule.setTimer(this.slowToName, arrive);
      else arrive();
    });
  }
}

/** As much of a `Response` as anybody asks for. The real one reads its body by means that a schedule can't see the end of. */
export class PlainResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly bodyUsed = false;
  readonly #body: string;

  constructor(
    body: Answer | Uint8Array | string | null,
    init: { readonly status?: number; readonly headers?: Headers } = {},
  ) {
    const isAnswer = typeof body === 'object' && body !== null && 'headers' in body;
    this.status = isAnswer ? body.status : (init.status ?? 200);
    this.headers = new Headers(isAnswer ? body.headers : init.headers);
    const bytes = isAnswer ? body.body : (body ?? '');
    this.#body = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get body(): readonly Uint8Array[] {
    return [Buffer.from(this.#body)];
  }

  async text(): Promise<string> {
    return this.#body;
  }

  async json(): Promise<unknown> {
    return JSON.parse(this.#body);
  }
}

function received(url: string, init: RequestInit, at: number): ReceivedRequest {
  const { pathname, searchParams, search, host } = new URL(url);
  const body = init.body instanceof URLSearchParams ? init.body.toString() : '';
  return {
    method: init.method ?? 'GET',
    path: pathname,
    rawQuery: search.slice(1),
    query: Object.fromEntries(searchParams),
    host,
    headers: Object.fromEntries(new Headers(init.headers)),
    body,
    bodyWasRead: true,
    form: Object.fromEntries(new URLSearchParams(body)),
    json: undefined,
    at,
    outcome: { state: 'waiting', acted: true },
  };
}

function readAsked(process: Process, { path, form = {}, headers }: ReceivedRequest): Asked {
  const asked = {
    process,
    status: undefined,
    gave: undefined,
    state: 'under way',
    answeredAt: -1,
    wasLive: false,
  } as const;
  if (path === '/2/users/me')
    return { ...asked, what: 'me', token: headers.authorization?.slice('Bearer '.length) ?? '' };
  if (path === '/2/oauth2/revoke') return { ...asked, what: 'revoke', token: form['token'] ?? '' };
  if (path !== '/2/oauth2/token') return { ...asked, what: 'other', token: '' };
  return form['grant_type'] === 'refresh_token'
    ? { ...asked, what: 'refresh', token: form['refresh_token'] ?? '' }
    : { ...asked, what: 'code', token: form['code'] ?? '' };
}
