import { createServer, type RequestListener, type Server } from 'node:http';

/** A server on 127.0.0.1 that can be closed and opened again on the same port. */
export class Listener {
  readonly #serve: RequestListener;
  #server: Server | undefined;
  #port = 0;

  constructor(serve: RequestListener) {
    this.#serve = serve;
  }

  get port(): number {
    return this.#port;
  }

  async open(port: number): Promise<void> {
    const server = createServer(this.#serve);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    this.#server = server;
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** Closes the server and all its connections, even busy ones. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    server.closeAllConnections();
    await closed;
  }
}
