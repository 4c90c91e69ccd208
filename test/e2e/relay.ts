import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../host/freePort.ts';
import { ROOT } from '../host/project.ts';

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', css: 'text/css', js: 'text/javascript' };

export interface Relay {
  readonly url: string;
  stop(): void;
}

/** Somebody's host of the relay page in `media/relay`, which forwards to this callback page of their editor in a browser as well. */
export async function hostRelay(callback: string): Promise<Relay> {
  const port = await freePort();
  const server = createServer((request, response) => void serve(request.url ?? '/', response, callback));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://relay.localhost:${port}/`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The address of VS Code's page for callbacks, as an editor in a browser at this origin says. */
export async function callbackPage(origin: string): Promise<string> {
  const html = await (await fetch(`${origin}/`)).text();
  const [, route] = /callbackRoute&quot;:&quot;([^&]+)&quot;/.exec(html) ?? [];
  if (route === undefined) throw new Error('VS Code does not say where its page for callbacks is.');
  return new URL(route, origin).href;
}

async function serve(url: string, response: ServerResponse, callback: string): Promise<void> {
  const { pathname } = new URL(url, 'http://relay.localhost');
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  const text = await readFile(join(ROOT, 'media', 'relay', name), 'utf8').catch(() => undefined);
  const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain';
  response.writeHead(text === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` });
  response.end(text?.replace('"callbacks": []', `"callbacks": [${JSON.stringify(callback)}]`));
}
