import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** The port is taken, or may not be used, so that the callback can't arrive there. */
export class PortUnavailable extends Error {
  override readonly name = 'PortUnavailable';
  readonly port: number;

  constructor(port: number, options?: ErrorOptions) {
    super(`Port ${port} can't be used`, options);
    this.port = port;
  }
}

/** What the browser is told at the end: the code arrived, or the server sent an error instead. */
export type Arrival = 'code' | 'error';

export interface LoopbackOptions {
  readonly port: number;
  readonly path: string;
  /** The Host headers that can be ours, besides the loopback address itself: that of a proxy in front of us. */
  readonly hosts: readonly string[];
  readonly state: string;
  /** The HTML page for the browser. */
  readonly page: (arrival: Arrival) => Promise<string>;
}

export interface Loopback {
  /** The query of the one request that was the callback. Never settles if it does not come. */
  readonly callback: Promise<URLSearchParams>;
  /** Stops listening and drops every connection; resolves when the port is free again. */
  close(): Promise<void>;
}

/**
 * Waits for the callback of one sign-in on 127.0.0.1 (RFC 8252 §7.3). Whatever else comes to the port is answered and
 * forgotten: it neither ends the wait nor leads to a request.
 *
 * @throws {PortUnavailable}
 */
export async function listenOnLoopback(options: LoopbackOptions): Promise<Loopback> {
  const hosts = new Set([`127.0.0.1:${options.port}`, `localhost:${options.port}`, ...options.hosts]);
  let arrive: (callback: URLSearchParams) => void;
  let arrived = false;
  const callback = new Promise<URLSearchParams>((resolve) => (arrive = resolve));

  const server = createServer((request, response) => {
    const query = callbackOf(request, options, hosts);
    if (query === undefined || arrived) {
      answer(response, arrived ? 410 : 404, 'text/plain; charset=utf-8', 'There is nothing here.\n');
      return;
    }
    arrived = true;
    // The sign-in goes on when the browser has its page, so that closing the server can't cut it off.
    response.once('close', () => arrive(query));
    options.page(query.has('error') ? 'error' : 'code').then(
      (html) => answer(response, 200, 'text/html; charset=utf-8', html),
      () => answer(response, 200, 'text/plain; charset=utf-8', 'Go back to the editor.\n'),
    );
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 256;

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new PortUnavailable(options.port, { cause })));
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

/** The query of a request that is the callback of this sign-in. */
function callbackOf(
  request: IncomingMessage,
  options: LoopbackOptions,
  hosts: ReadonlySet<string>,
): URLSearchParams | undefined {
  if (request.method !== 'GET' || !hosts.has(request.headers.host ?? '')) return undefined;
  const [path, query = ''] = (request.url ?? '').split('?', 2);
  if (path !== options.path) return undefined;
  const parameters = new URLSearchParams(query);
  if (parameters.getAll('state').length > 1 || parameters.getAll('code').length > 1) return undefined;
  if (parameters.get('state') === options.state)
    return parameters.has('code') || parameters.has('error') ? parameters : undefined;
  // X reports some errors without a state. Only a person's own browser navigating here is believed: a page elsewhere can
  // make requests to this port, but it can't make them look like a navigation (Fetch Metadata, Sec-Fetch-Mode).
  const isNavigation =
    request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
  return !parameters.has('state') && parameters.has('error') && isNavigation ? parameters : undefined;
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
