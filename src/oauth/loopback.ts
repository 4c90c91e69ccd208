import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { unlessAborted, withTimeout } from '../common/abort.ts';

/** The port is taken, or may not be used, so that the callback can't arrive there. */
export class PortUnavailableError extends Error {
  override readonly name = 'PortUnavailableError';
  readonly port: number;

  constructor(port: number, options?: ErrorOptions) {
    super(`Port ${port} can't be used`, options);
    this.port = port;
  }
}

const ARRIVALS = ['code', 'denied', 'error', 'ended'] as const;

/**
 * What the browser is told at the end: the code arrived, the person said no, the server sent another error instead; or what arrived
 * belongs to a sign-in that no longer waits.
 */
export type Arrival = (typeof ARRIVALS)[number];

export interface LoopbackOptions {
  readonly port: number;
  readonly path: string;
  /** The Host headers that can be ours, besides the loopback address itself: that of a proxy in front of us. */
  readonly hosts: readonly string[];
  /** Whether these are the parameters of this sign-in's callback, and not of another's or of nobody's. */
  readonly isAnswer: (parameters: URLSearchParams) => boolean;
  /**
   * Takes an error that does not say which sign-in it is for; false when these parameters are none. Asked only where a browser
   * navigates, so that a person sees it.
   */
  readonly takeError: (parameters: URLSearchParams) => boolean;
  /** Hands another sign-in's callback to whoever waits for it; resolves to false when nobody does. */
  readonly handOver: (parameters: URLSearchParams) => Promise<boolean>;
  /** The HTML page for the browser. */
  readonly page: (arrival: Arrival) => Promise<string>;
  /** How long a request may take to come in. */
  readonly requestMs?: number;
  /** How long the server stays, when it is closed, for the page that it has sent the browser to. */
  readonly pageMs?: number;
}

export interface Loopback {
  /** The query of the one request that was the callback. Never settles if it does not come. */
  readonly callback: Promise<URLSearchParams>;
  /**
   * Stops listening and drops every connection; resolves when the port is free again. A browser that was sent to the page after the
   * callback gets it first, if it fetches it in time.
   */
  close(): Promise<void>;
}

/** Connections beyond these are dropped, the oldest first: those that never say anything must not keep the callback out. */
const MAX_CONNECTIONS = 256;

/** A request that takes longer is dropped: it is a few hundred bytes from this machine. */
const REQUEST_MS = 10_000;

/** A page that takes longer to make is done without. */
const PAGE_TIMEOUT_MS = 3_000;

/** A browser fetches its page within milliseconds, through a proxy within a second or two. */
const PAGE_MS = 5_000;

/**
 * Waits for the callback of one sign-in on 127.0.0.1 (RFC 8252 §7.3). Whatever else comes to the port is answered and
 * forgotten: it neither ends the wait nor leads to a request.
 *
 * @throws {PortUnavailableError}
 */
export async function listenOnLoopback(options: LoopbackOptions): Promise<Loopback> {
  const hosts = new Set(
    [`127.0.0.1:${options.port}`, `localhost:${options.port}`, ...options.hosts].map((host) => host.toLowerCase()),
  );
  const connections = new Set<Socket>();
  const { requestMs = REQUEST_MS, pageMs = PAGE_MS } = options;
  const callback = Promise.withResolvers<URLSearchParams>();
  /** What the callback was, once it has come. */
  let arrived: Arrival | undefined;
  const shown = Promise.withResolvers<void>();
  const addresses = pageAddresses(options);
  const timeouts = {
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    // Node ends what is late only when it looks, which is every half a minute unless told otherwise.
    connectionsCheckingInterval: requestMs / 10,
  };

  const server = createServer(timeouts, (request, response) => {
    const target = isForUs(request, hosts) ? (request.url ?? '') : '';
    const query = queryOf(target, options);
    const page = ARRIVALS.find((arrival) => addresses[arrival] === target);
    if (page !== undefined) {
      if (page === arrived) {
        connections.delete(request.socket);
        response.once('close', () => shown.resolve());
      }
      show(response, page, options);
    } else if (query !== undefined && arrived === undefined && options.isAnswer(query)) {
      arrived = arrivalOf(query);
      connections.delete(request.socket);
      // The sign-in does not wait until the browser has its page: the code lives for seconds only.
      response.once('close', () => callback.resolve(query));
      sendOn(response, addresses[arrived], options);
    } else if (query !== undefined && arrived === undefined && isNavigation(request) && options.takeError(query)) {
      sendOn(response, addresses[arrivalOf(query)], options);
    } else if (query !== undefined && !options.isAnswer(query) && isAnotherSignIns(query)) {
      void handOn(query, request, response, addresses, options);
    } else {
      sayNothingIsHere(response, arrived !== undefined);
    }
  });
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    const [oldest] = connections;
    if (connections.size <= MAX_CONNECTIONS || oldest === undefined) return;
    connections.delete(oldest);
    oldest.destroy();
  });

  await new Promise<void>((resolve, reject) => {
    // Stays for as long as the server: an error without a listener (no file descriptors left) would end the process.
    server.on('error', (cause) => reject(new PortUnavailableError(options.port, { cause })));
    server.listen({ port: options.port, host: '127.0.0.1', exclusive: true }, resolve);
  });
  return {
    callback: callback.promise,
    close: async () => {
      if (arrived !== undefined) await withTimeout(pageMs, shown.promise, undefined);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/**
 * Where the pages are, apart from the callback, so that its code and state stay neither in the address bar nor in the browser's
 * history. Nobody can guess these addresses, so that nobody else fetches the page that the server stays for.
 */
function pageAddresses({ path }: LoopbackOptions): Readonly<Record<Arrival, string>> {
  const newAddress = (): string => `${path}/${randomUUID()}`;
  return { code: newAddress(), denied: newAddress(), error: newAddress(), ended: newAddress() };
}

function isForUs({ method, headers }: IncomingMessage, hosts: ReadonlySet<string>): boolean {
  return method === 'GET' && hosts.has(headers.host?.toLowerCase() ?? '');
}

/** The query of a request to the callback's address. */
function queryOf(target: string, { path }: LoopbackOptions): URLSearchParams | undefined {
  if (!target.startsWith(`${path}?`)) return undefined;
  const parameters = new URLSearchParams(target.slice(path.length));
  const names = [...parameters.keys()];
  return new Set(names).size < names.length ? undefined : parameters;
}

/** Whether this reads like the callback of another sign-in, in OAuth 2.0 or 1.0a: one that ended, or one of another window. */
function isAnotherSignIns(query: URLSearchParams): boolean {
  return query.has('state')
    ? query.has('code') || query.has('error')
    : query.has('oauth_verifier') || query.has('denied');
}

/**
 * Whether a browser navigates here, where a person sees it, and not a page elsewhere that fetches, embeds or posts (Fetch
 * Metadata, Sec-Fetch-Mode and Sec-Fetch-Dest).
 */
function isNavigation({ headers }: IncomingMessage): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

async function handOn(
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
  addresses: Readonly<Record<Arrival, string>>,
  options: LoopbackOptions,
): Promise<void> {
  if (await options.handOver(query)) sendOn(response, addresses[arrivalOf(query)], options);
  else if (isNavigation(request)) sendOn(response, addresses.ended, options);
  else sayNothingIsHere(response, false);
}

function arrivalOf(callback: URLSearchParams): Arrival {
  if (callback.get('error') === 'access_denied' || callback.has('denied')) return 'denied';
  return callback.has('error') ? 'error' : 'code';
}

const PLAIN = 'text/plain; charset=utf-8';

function sayNothingIsHere(response: ServerResponse, hasBeen: boolean): void {
  answer(response, hasBeen ? 410 : 404, PLAIN, 'There is nothing here.\n');
}

/** Sends the browser to a page, by an address that is right behind a proxy as well, where ours begins with a path of its own. */
function sendOn(response: ServerResponse, address: string, { path }: LoopbackOptions): void {
  const location = address.slice(path.lastIndexOf('/') + 1);
  answer(response, 303, PLAIN, 'Go back to the editor.\n', { location });
}

function show(response: ServerResponse, arrival: Arrival, { page }: LoopbackOptions): void {
  const status = arrival === 'ended' ? 410 : 200;
  unlessAborted(AbortSignal.timeout(PAGE_TIMEOUT_MS), (async () => page(arrival))()).then(
    (html) => answer(response, status, 'text/html; charset=utf-8', html),
    () => answer(response, status, PLAIN, 'Go back to the editor.\n'),
  );
}

function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...more,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(body);
}
