import { request } from 'node:http';

export interface Consent {
  /** The `key` of the person who is signed in in the browser. */
  readonly as: string;
  readonly decision: 'authorize' | 'cancel';
}

interface Page {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/**
 * What a person does in the browser: opens the page, chooses, clicks. Resolves with the address that the browser is
 * sent to, or with the last page when it is sent nowhere. Throws the text of X's error page.
 */
export async function clickThrough(authorizeUrl: string, { as, decision }: Consent): Promise<Page> {
  const shown = await visit('GET', authorizeUrl);
  if (shown.location !== undefined) return shown;
  const ticket = /name="ticket" value="([^"]+)"/.exec(shown.body)?.[1];
  if (shown.status >= 400) throw new Error(textOf(shown.body));
  if (ticket === undefined) return shown;
  if (!shown.body.includes(`name="person" id="person-${as}"`)) throw new Error(`Nobody called ${as} is on the page.`);
  const sent = await visit('POST', authorizeUrl, new URLSearchParams({ ticket, person: as, decision }).toString());
  if (sent.status >= 400) throw new Error(textOf(sent.body));
  return sent;
}

/** `x.localhost` is 127.0.0.1, as browsers know and resolvers may not. */
function visit(method: 'GET' | 'POST', url: string, form?: string): Promise<Page> {
  const { host, port, pathname, search } = new URL(url);
  const headers = { host, ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path: pathname + search, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
      });
    });
    sent.on('error', reject);
    sent.end(form);
  });
}

/** The words of a page's `<main>`, on one line. */
export function textOf(page: string): string {
  const main = /<main>(.*)<\/main>/s.exec(page)?.[1] ?? page;
  const words = main
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  return words.replace(/\s+/g, ' ').trim();
}
