import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { RefusedError, UnreachableError } from '../../../src/oauth/errors.ts';
import { bounded } from '../../../src/oauth/http.ts';
import { INVALID_VERIFIER } from '../../../src/x/errors.ts';
import { errorOf, UNKNOWN } from '../../../src/x/oauth1Errors.ts';

/** What X says, word for word: from its documentation, or from developers' reports. */
const SAID = [
  ['32', 401, 'Could not authenticate you.'],
  ['32', 401, 'Failed to validate oauth signature and token'],
  ['64', 403, 'Your account is suspended and is not permitted to access this feature.'],
  ['89', 401, 'Invalid or expired token.'],
  ['89', 401, 'Invalid / expired Token'],
  ['89', 401, 'Invalid request token.'],
  ['89', 401, 'Request token missing'],
  ['89', 401, 'Reverse auth credentials are invalid'],
  ['99', 403, 'Unable to verify your credentials.'],
  ['135', 401, 'Timestamp out of bounds.'],
  ['215', 400, 'Bad Authentication data.'],
  [
    '326',
    403,
    'To protect our users from spam and other malicious activity, this account is temporarily locked. Please log in to unlock it.',
  ],
  [
    '415',
    403,
    'Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings',
  ],
  ['416', 401, 'Invalid / suspended application'],
  ['417', 401, "Desktop applications only support the oauth_callback value 'oob'"],
  [INVALID_VERIFIER, 401, 'Error processing your OAuth request: Invalid oauth_verifier parameter'],
] as const;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&#39;');

describe("X's refusals of OAuth 1.0a and app-only requests", () => {
  let server: Server;
  let url: string;
  let answer: { status: number; headers: Record<string, string>; body: string };

  before(async () => {
    server = createServer((_request, response) => {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    url = `http://127.0.0.1:${address.port}/`;
  });
  after(() => server.close());

  async function errorFor(status: number, body: string, headers: Record<string, string> = {}): Promise<Error> {
    answer = { status, body, headers };
    return errorOf(await bounded(fetch, 5000)(url), [], 15_000);
  }

  async function refusalFor(status: number, body: string, type = 'text/html'): Promise<object> {
    const error = await errorFor(status, body, { 'content-type': `${type}; charset=utf-8` });
    assert.ok(error instanceof RefusedError, String(error));
    return { status: error.status, code: error.code, description: error.description };
  }

  for (const [code, status, message] of SAID) {
    const expected = { status, code, description: message };
    const isNumber = /^\d+$/.test(code);

    it(`reads ${code} in JSON: ${message}`, async () => {
      const coded = { errors: [{ code: Number(code), message, label: 'x' }] };
      if (isNumber) assert.deepEqual(await refusalFor(status, JSON.stringify(coded), 'application/json'), expected);
      assert.deepEqual(await refusalFor(status, JSON.stringify({ errors: [{ message }] })), expected);
      assert.deepEqual(await refusalFor(status, JSON.stringify({ error: message, request: '/oauth' })), expected);
    });

    it(`reads ${code} in XML: ${message}`, async () => {
      const xml = "<?xml version='1.0' encoding='UTF-8'?>";
      const text = escaped(message);
      const coded = `${xml}<errors>\n  <error code="${code}">\n    ${text}\n  </error>\n</errors>\n`;
      if (isNumber) assert.deepEqual(await refusalFor(status, coded, 'application/xml'), expected);
      const bare = `${xml}\n<hash>\n  <request>/oauth/access_token</request>\n  <error>${text}</error>\n</hash>`;
      assert.deepEqual(await refusalFor(status, bare, 'application/xml'), expected);
    });

    it(`reads ${code} in text: ${message}`, async () => {
      assert.deepEqual(await refusalFor(status, `${message}\n`), expected);
    });
  }

  it('reads X’s sentences in any case', async () => {
    for (const [code, status, message] of SAID) {
      for (const words of [message.toUpperCase(), message.toLowerCase()]) {
        assert.deepEqual(await refusalFor(status, words), { status, code, description: words });
      }
    }
  });

  it('reads a number that is written as text, and takes anything else for none', async () => {
    const body = (code: unknown): string => JSON.stringify({ errors: [{ code, message: 'Words' }] });
    assert.deepEqual(await refusalFor(401, body('89')), { status: 401, code: '89', description: 'Words' });
    for (const code of [null, true, [89], {}]) {
      assert.deepEqual(await refusalFor(401, body(code)), { status: 401, code: UNKNOWN, description: 'Words' });
    }
    assert.deepEqual(await refusalFor(401, '{"errors":[{"code":89}]}'), {
      status: 401,
      code: '89',
      description: undefined,
    });
    assert.ok((await errorFor(401, '{"errors":[{"message":89}]}')) instanceof UnreachableError);
  });

  it('reads every character that XML escapes', async () => {
    for (const apostrophe of ['&apos;', '&APOS;', '&#39;', '&#x27;', '&#X27;']) {
      const xml = `<hash><error> ${apostrophe}a&quot; &lt;b&gt;\n&amp;lt; </error></hash>`;
      assert.deepEqual(await refusalFor(403, xml), { status: 403, code: UNKNOWN, description: `'a" <b> &lt;` });
    }
  });

  it('has names of its own for what X has no number for', () => {
    assert.deepEqual([INVALID_VERIFIER, UNKNOWN], ['invalid_verifier', 'unknown']);
  });

  it('passes on the detail of a problem of API v2, if it is text', async () => {
    const type = 'https://api.x.com/2/problems/client-forbidden';
    const expected = { status: 403, code: 'client-forbidden' };
    const problem = (detail: unknown): string => JSON.stringify({ type, detail });
    assert.deepEqual(await refusalFor(403, problem('Words')), { ...expected, description: 'Words' });
    assert.deepEqual(await refusalFor(403, problem(7)), { ...expected, description: undefined });
  });

  it('goes by the number, whatever the words', async () => {
    assert.deepEqual(
      await refusalFor(
        401,
        '<errors><error code="89">Error processing your OAuth request: invalid signature or token</error></errors>',
      ),
      { status: 401, code: '89', description: 'Error processing your OAuth request: invalid signature or token' },
    );
    assert.deepEqual(
      await refusalFor(403, '{"errors":[{"code":453,"message":"You currently have access to a subset"}]}'),
      {
        status: 403,
        code: '453',
        description: 'You currently have access to a subset',
      },
    );
  });

  it('reads XML that is laid out in lines', async () => {
    const xml =
      '<errors>\n  <error code="415">\n    Callback URL not approved\n    for this client.\n  </error>\n</errors>';
    const description = 'Callback URL not approved for this client.';
    assert.deepEqual(await refusalFor(403, xml), { status: 403, code: '415', description });
  });

  it('goes by the first of several', async () => {
    const body = '{"errors":[{"code":215,"message":"Bad Authentication data."},{"code":32}]}';
    assert.deepEqual(await refusalFor(400, body), {
      status: 400,
      code: '215',
      description: 'Bad Authentication data.',
    });
  });

  it('passes words on that are new, when they come in a form of X', async () => {
    const expected = { status: 403, code: UNKNOWN, description: 'Something new & odd' };
    assert.deepEqual(await refusalFor(403, '{"errors":[{"message":"Something new & odd"}]}'), expected);
    assert.deepEqual(await refusalFor(403, '<hash><error>Something new &amp; odd</error></hash>'), expected);
  });

  it('reads the errors of OAuth 2.0 and of API v2 as well', async () => {
    assert.deepEqual(
      await refusalFor(401, '{"error":"unauthorized_client","error_description":"Missing valid authorization header"}'),
      { status: 401, code: 'unauthorized_client', description: 'Missing valid authorization header' },
    );
    const problem = {
      title: 'Client Forbidden',
      detail: 'When authenticating requests …',
      reason: 'client-not-enrolled',
      type: 'https://api.twitter.com/2/problems/client-forbidden',
    };
    assert.deepEqual(await refusalFor(403, JSON.stringify(problem), 'application/problem+json'), {
      status: 403,
      code: 'client-not-enrolled',
      description: problem.detail,
    });
    assert.deepEqual(await refusalFor(401, '{"title":"Unauthorized","type":"about:blank","status":401}'), {
      status: 401,
      code: 'Unauthorized',
      description: undefined,
    });
  });

  it('shows nothing of what the answer repeats of the request', async () => {
    const request = '/oauth/access_token?oauth_token=SECRET&oauth_verifier=SECRET&oauth_signature=SECRET';
    const xml = `<hash>\n<error>Invalid / expired Token</error>\n<request>${request.replaceAll('&', '&amp;')}</request></hash>`;
    for (const body of [xml, JSON.stringify({ request, error: 'Invalid / expired Token' })]) {
      const error = await errorFor(401, body);
      assert.ok(error instanceof RefusedError);
      assert.doesNotMatch(`${error.message} ${error.description}`, /SECRET/);
    }
  });

  describe('are not', () => {
    const cases: readonly (readonly [what: string, status: number, body: string])[] = [
      ['a page with 503', 503, '<!doctype html><html><body>Over capacity</body></html>'],
      ['X’s own words with 302', 302, '{"errors":[{"code":89,"message":"Invalid or expired token."}]}'],
      ['X’s own words with 500', 500, '{"errors":[{"code":131,"message":"Internal error"}]}'],
      ['X’s own words with 503', 503, '{"errors":[{"code":130,"message":"Over capacity"}]}'],
      ['X’s own words with 429', 429, '{"errors":[{"code":88,"message":"Rate limit exceeded"}]}'],
      [
        'a page with 403, as of a proxy',
        403,
        '<html><title>403</title><body>Access denied. Invalid token</body></html>',
      ],
      ['a word with 401, as of a gateway', 401, 'Unauthorized'],
      ['a gateway’s own token', 401, 'Invalid token'],
      ['nothing with 401', 401, ''],
      ['JSON of somebody else', 403, '{"message":"Forbidden"}'],
      ['JSON without errors', 400, '{"errors":[]}'],
      ['half a JSON', 401, '{"errors":[{"message":"Invalid or expired token."'],
    ];
    for (const [what, status, body] of cases) {
      it(what, async () => {
        const error = await errorFor(status, body);
        assert.ok(error instanceof UnreachableError, String(error));
        assert.equal(error.status, status);
      });
    }

    it('a pause that X asks for', async () => {
      const error = await errorFor(429, '', { 'x-rate-limit-reset': '60' });
      assert.ok(error instanceof UnreachableError);
      assert.equal(error.retryAfterMs, 45_000);
    });
  });
});
