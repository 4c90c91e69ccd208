import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The port is taken, or may not be used, so that the callback can't arrive there. */
export class PortUnavailable extends Error {
  override readonly name = 'PortUnavailable';
  readonly port: number;

  constructor(port: number, options?: ErrorOptions) {
    super(`Port ${port} can't be used`, options);
    this.port = port;
  }
}

/**
 * What the browser is told at the end: the code arrived, the person said no, the server sent another error instead; or what arrived
 * belongs to a sign-in that no longer waits.
 */
export type Arrival = 'code' | 'denied' | 'error' | 'ended';

export interface LoopbackOptions {
  readonly port: number;
  readonly path: string;
  /** The Host headers that can be ours, besides the loopback address itself: that of a proxy in front of us. */
  readonly hosts: readonly string[];
  /** Whether these are the parameters of this sign-in's callback, and not of another's or of nobody's. */
  readonly isAnswer: (parameters: URLSearchParams) => boolean;
  /** Hands another sign-in's callback to whoever waits for it; resolves to false when nobody does. */
  readonly handOver: (parameters: URLSearchParams) => Promise<boolean>;
  /** The HTML page for the browser. */
  readonly page: (arrival: Arrival) => Promise<string>;
  /** How long a request may take to come in. */
  readonly requestMs?: number;
}

export interface Loopback {
  /** The query of the one request that was the callback. Never settles if it does not come. */
  readonly callback: Promise<URLSearchParams>;
  /** Stops listening and drops every connection; resolves when the port is free again. */
  close(): Promise<void>;
}

/** Connections beyond these are dropped, the oldest first: those that never say anything must not keep the callback out. */
const MAX_CONNECTIONS = 256;

/** A request that takes longer is dropped: it is a few hundred bytes from this machine. */
const REQUEST_MS = 10_000;

/** A page that takes longer is done without: the code lives for seconds only. */
const PAGE_PATIENCE_MS = 3_000;

/**
 * Waits for the callback of one sign-in on 127.0.0.1 (RFC 8252 §7.3). Whatever else comes to the port is answered and
 * forgotten: it neither ends the wait nor leads to a request.
 *
 * @throws {PortUnavailable}
 */
export async function listenOnLoopback(options: LoopbackOptions): Promise<Loopback> {
  const hosts = new Set(
    [`127.0.0.1:${options.port}`, `localhost:${options.port}`, ...options.hosts].map((host) => host.toLowerCase()),
  );
  const connections = new Set<Socket>();
  let arrive: (callback: URLSearchParams) => void;
  let arrived = false;
  const callback = new Promise<URLSearchParams>((resolve) => (arrive = resolve));

  const { requestMs = REQUEST_MS } = options;
  const timeouts = {
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    // Node ends what is late only when it looks, which is every half a minute unless told otherwise.
    connectionsCheckingInterval: requestMs / 10,
  };

  const server = createServer(timeouts, (request, response) => {
    const query = queryOf(request, options, hosts);
    if (query !== undefined && !arrived && isCallback(query, request, options)) {
      arrived = true;
      connections.delete(request.socket);
      // The sign-in goes on when the browser has its page, so that closing the server can't cut it off.
      response.once('close', () => arrive(query));
      show(response, 200, arrivalOf(query), options);
    } else if (query !== undefined && !options.isAnswer(query) && isAnotherSignIns(query)) {
      void handOn(query, request, response, options);
    } else {
      sayNothingIsHere(response, arrived);
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
    server.on('error', (cause) => reject(new PortUnavailable(options.port, { cause })));
    server.listen({ port: options.port, host: '127.0.0.1', exclusive: true }, resolve);
  });
  return {
    callback,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The query of a request to the callback's address. */
function queryOf(
  request: IncomingMessage,
  { path }: LoopbackOptions,
  hosts: ReadonlySet<string>,
): URLSearchParams | undefined {
  if (request.method !== 'GET' || !hosts.has(request.headers.host?.toLowerCase() ?? '')) return undefined;
  const { url = '' } = request;
  if (!url.startsWith(`${path}?`)) return undefined;
  const parameters = new URLSearchParams(url.slice(path.length));
  const names = [...parameters.keys()];
  return new Set(names).size < names.length ? undefined : parameters;
}

function isCallback(query: URLSearchParams, request: IncomingMessage, { isAnswer }: LoopbackOptions): boolean {
  return isAnswer(query) && (!provesNothing(query) || isNavigation(request));
}

/** Whether this reads like the callback of another sign-in, in OAuth 2.0 or 1.0a: one that ended, or one of another window. */
function isAnotherSignIns(query: URLSearchParams): boolean {
  return query.has('state')
    ? query.has('code') || query.has('error')
    : query.has('oauth_verifier') || query.has('denied');
}

/** X reports some errors without a state: of those, the person who sent the request is all that is known. */
function provesNothing(parameters: URLSearchParams): boolean {
  return parameters.has('error') && !parameters.has('state');
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
  options: LoopbackOptions,
): Promise<void> {
  if (await options.handOver(query)) show(response, 200, arrivalOf(query), options);
  else if (isNavigation(request)) show(response, 410, 'ended', options);
  else sayNothingIsHere(response, false);
}

function arrivalOf(callback: URLSearchParams): Arrival {
  if (callback.get('error') === 'access_denied' || callback.has('denied')) return 'denied';
  return callback.has('error') ? 'error' : 'code';
}

function sayNothingIsHere(response: ServerResponse, hasBeen: boolean): void {
  answer(response, hasBeen ? 410 : 404, 'text/plain; charset=utf-8', 'There is nothing here.\n');
}

function show(response: ServerResponse, status: number, arrival: Arrival, { page }: LoopbackOptions): void {
  inTime(page, arrival).then(
    (html) => answer(response, status, 'text/html; charset=utf-8', html),
    () => answer(response, status, 'text/plain; charset=utf-8', 'Go back to the editor.\n'),
  );
}

async function inTime(page: LoopbackOptions['page'], arrival: Arrival): Promise<string> {
  const giveUp = new AbortController();
  try {
    return await Promise.race([
      page(arrival),
      sleep(PAGE_PATIENCE_MS, undefined, { signal: giveUp.signal }).then(() => {
        throw new Error('The page is not ready.');
      }),
    ]);
  } finally {
    giveUp.abort();
  }
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
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
