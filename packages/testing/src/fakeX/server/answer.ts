/** An answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}

/** An error of API v2 (docs/what-x-does.md, 3). The host of `type` varies at X: only its last segment means anything. */
export function problem(
  status: number,
  title: string,
  detail: string,
  more: { readonly type?: string; readonly [member: string]: unknown } = {},
): Answer {
  const { type, ...members } = more;
  return json(
    status,
    {
      ...members,
      title,
      detail,
      type: type === undefined ? 'about:blank' : `https://api.twitter.com/2/problems/${type}`,
      status,
    },
    { 'content-type': 'application/problem+json; charset=utf-8' },
  );
}

/** RFC 6749 §5.2, in X's words (docs/what-x-does.md, 3). */
export function oauthError(status: number, error: string, description: string): Answer {
  return json(status, { error, error_description: description });
}

export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}

/** A page. No scripts, and nothing that another site could frame; `form-action` stays open because a form redirects to the app. */
export function html(status: number, body: string): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    },
    body,
  };
}

/** Redirects to `uri` with `parameters` added. `uri` isn't parsed, which could change what was registered. */
export function redirectTo(uri: string, parameters: Readonly<Record<string, string | undefined>>): Answer {
  const query = Object.entries(parameters)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return {
    status: 303,
    headers: { 'cache-control': 'no-store', location: `${uri}${uri.includes('?') ? '&' : '?'}${query}` },
    body: '',
  };
}
