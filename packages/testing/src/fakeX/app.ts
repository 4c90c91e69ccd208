/** A developer's app at X, and its settings. */
export interface App {
  readonly name: string;
  /** For OAuth 2.0. Doesn't reveal the app's kind: ids of both kinds decode to `…:1:ci` (docs/what-x-does.md, 1). */
  readonly clientId: string;
  /** `public`: Native App or Single Page App. `confidential`: Web App, Automated App or Bot. */
  readonly kind: 'public' | 'confidential';
  /** Only a confidential app has one. */
  readonly clientSecret?: string;
  /** The registered callbacks, for OAuth 2.0 and OAuth 1.0a, at most ten. */
  readonly redirectUris: readonly string[];
  /** X shows its error page while this is empty. */
  readonly websiteUrl: string;
  /** Required for the scope `users.email`. */
  readonly mayReadEmail: boolean;
  /** For OAuth 1.0a and app-only. */
  readonly apiKey: string;
  readonly apiSecret: string;
  /** Whether `oauth_callback=oob` (PIN) is allowed. */
  readonly mayUsePins: boolean;
  /** What the app's OAuth 1.0a tokens may do. */
  readonly permissions: 'read' | 'write';
}

const MAX_REDIRECT_URIS = 10;

/** X refuses schemes that browsers run or read, such as these (docs/what-x-does.md, 4). */
const DANGEROUS_SCHEMES = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'ftp:',
  'view-source:',
]);

/** Checks an app as the X developer console does (docs/what-x-does.md, 4). Throws if it would be refused. */
export function register(app: App): App {
  if (app.redirectUris.length > MAX_REDIRECT_URIS) throw new Error(`X takes ${MAX_REDIRECT_URIS} callbacks at most.`);
  for (const uri of app.redirectUris) {
    const { protocol, hostname, host, pathname, hash } = new URL(uri);
    if (DANGEROUS_SCHEMES.has(protocol)) throw new Error(`X refuses callbacks with ${protocol} (${uri}).`);
    if (hostname === 'localhost') throw new Error(`X wants 127.0.0.1, not localhost (${uri}).`);
    if (hash !== '' || uri.endsWith('#')) throw new Error(`A redirect URI has no fragment (RFC 6749 §3.1.2): ${uri}.`);
    const bare = pathname === '' || pathname === '/';
    if (!/^https?:$/.test(protocol) && bare) throw new Error(`A custom scheme needs a path (${host}: ${uri}).`);
  }
  if ((app.kind === 'confidential') !== (app.clientSecret !== undefined)) {
    throw new Error(`${app.name}: an app has a client secret if and only if it is confidential.`);
  }
  return app;
}

const CALLBACKS = [
  'http://127.0.0.1:41951/callback',
  'https://vscode.dev/redirect',
  'vscode://xauth.x-authentication/callback',
];

/** A Native App: public, without a client secret. */
export const NATIVE_APP: App = {
  name: 'Ada’s Editor',
  clientId: 'TmF0aXZlQXBwT2ZUaGVUZXN0OjE6Y2k',
  kind: 'public',
  redirectUris: CALLBACKS,
  websiteUrl: 'https://editor.example.com',
  mayReadEmail: false,
  apiKey: 'nativeApiKey0123456789abc',
  apiSecret: 'nativeApiSecret0123456789abcdefghijklmnopqrstuvwxyzABCD',
  mayUsePins: true,
  permissions: 'write',
};

/** A Web App: confidential. Its client secret has characters that percent-encoding would change (X's own example has a space). */
export const WEB_APP: App = {
  name: 'Grace’s Bot',
  clientId: 'V2ViQXBwT2ZUaGVUZXN0c19fXzoxOmNp',
  kind: 'confidential',
  clientSecret: 'open-sesame_ and+more%41',
  redirectUris: CALLBACKS,
  websiteUrl: 'https://bot.example.com',
  mayReadEmail: true,
  apiKey: 'webApiKey0123456789abcdef',
  apiSecret: 'webApiSecret0123456789abcdefghijklmnopqrstuvwxyzABCDEFG',
  mayUsePins: true,
  permissions: 'write',
};
