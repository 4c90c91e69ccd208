import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 that nobody listens on: `wanted` if it is free, else any. It comes from below the range from which systems
 * take ports for outgoing connections, so that it is still free when it is used.
 */
export async function freePort(wanted = anyPort()): Promise<number> {
  for (let port = wanted; ; port = anyPort()) if (await isFree(port)) return port;
}

function anyPort(): number {
  return 20_000 + Math.floor(Math.random() * 12_000);
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
