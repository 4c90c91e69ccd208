import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A TCP server on 127.0.0.1 that says what no HTTP server would. */
export interface RawServer {
  readonly port: number;
  readonly url: string;
  /** Every connection there ever was, in the order they came. */
  readonly sockets: readonly Socket[];
  stop(): Promise<void>;
}

/** `talk` is called with every connection, at once. */
export async function startRaw(talk: (socket: Socket) => void): Promise<RawServer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    // The client may go away at any time.
    socket.on('error', () => undefined);
    sockets.push(socket);
    talk(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    sockets,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Answers the first bytes of every connection with these. */
export function saying(...bytes: readonly (string | Buffer)[]): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', () => {
      for (const part of bytes) socket.write(part);
      socket.end();
    });
  };
}
