import { createServer as createTcpServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { selfSigned } from './certificate.ts';

export interface UntrustedServer {
  /** Without a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** An address that refuses connections: its port was free a moment ago. */
export async function refusingUrl(): Promise<string> {
  const server = createTcpServer();
  const port = await listen(server);
  await close(server);
  return `http://127.0.0.1:${port}`;
}

/** Starts an HTTPS server with an untrusted certificate, so that clients give up before they send anything. */
export async function startUntrustedServer(): Promise<UntrustedServer> {
  const server = createTlsServer(selfSigned(), (_, response) => response.end());
  return { url: `https://127.0.0.1:${await listen(server)}`, stop: () => close(server) };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
