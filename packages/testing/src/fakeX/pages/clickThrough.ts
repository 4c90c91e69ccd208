import { request } from 'node:http';

export interface Consent {
  /** The `key` of the person who is signed in in the browser. */
  readonly as: string;
  readonly decision: 'authorize' | 'cancel';
}

/** What the browser got after the click. */
export interface Page {
  readonly status: number;
  /** Where X sends the browser; undefined when it shows a page instead. */
  readonly location: string | undefined;
  readonly body: string;
  /** The words of the page, on one line. */
  readonly text: string;
}

/**
 * Does what a person does in the browser: opens the consent page, chooses who is signed in, and clicks. Rejects with the text of
 * X's error page.
 */
export async function clickThrough(authorizeUrl: string, { as, decision }: Consent): Promise<Page> {
  const shown = await load('GET', authorizeUrl);
  if (shown.location !== undefined) return shown;
  const ticket = /name="ticket" value="([^"]+)"/.exec(shown.body)?.[1];
  if (shown.status >= 400) throw new Error(shown.text);
  if (ticket === undefined) return shown;
  if (!shown.body.includes(`name="person" id="person-${as}"`)) throw new Error(`Nobody called ${as} is on the page.`);
  const sent = await load('POST', authorizeUrl, new URLSearchParams({ ticket, person: as, decision }).toString());
  if (sent.status >= 400) throw new Error(sent.text);
  return sent;
}

/** Browsers resolve `x.localhost` to 127.0.0.1, but not every system does. */
function load(method: 'GET' | 'POST', url: string, form?: string): Promise<Page> {
  const { host, port, pathname, search } = new URL(url);
  const headers = { host, ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path: pathname + search, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const {
          statusCode: status = 0,
          headers: { location },
        } = response;
        resolve({ status, location, body, text: pageText(body) });
      });
    });
    sent.on('error', reject);
    sent.end(form);
  });
}

/** The words of a page's `<main>`, on one line. */
function pageText(page: string): string {
  const main = /<main>(.*)<\/main>/s.exec(page)?.[1] ?? page;
  const words = main
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  return words.replace(/\s+/g, ' ').trim();
}
