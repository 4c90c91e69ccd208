import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An MCP server that nobody can talk to: it notes who knocks. */
export async function startMcpServer(): Promise<
  AsyncDisposable & { url: string; authorization: Promise<string | undefined> }
> {
  const knocked = Promise.withResolvers<string | undefined>();
  const server = createServer(({ headers }, response) => {
    knocked.resolve(headers.authorization);
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    authorization: knocked.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
