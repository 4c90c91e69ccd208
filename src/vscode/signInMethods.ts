export const SIGN_IN_METHODS = ['loopback', 'paste'] as const;
export type SignInMethod = (typeof SIGN_IN_METHODS)[number];

export const SIGN_IN_METHOD_SETTINGS = ['auto', ...SIGN_IN_METHODS] as const;
export type SignInMethodSetting = (typeof SIGN_IN_METHOD_SETTINGS)[number];

/** Where this window runs, as far as it decides how a browser finds its way back. */
export interface Environment {
  /** What `asExternalUri` made of the loopback callback URL: the redirect URI to register with X. */
  readonly loopbackUri: string;
}

interface Row {
  readonly method: SignInMethod;
  /** Whether a browser can find its way back by this method here. */
  readonly worksIn: (environment: Environment) => boolean;
  /** What X must have on its list of callback URLs, to the letter. */
  readonly redirectUri: (environment: Environment) => string;
}

/** The ways back from the browser, in the order in which they are tried. */
const ROWS: readonly Row[] = [
  {
    method: 'loopback',
    worksIn: () => true,
    redirectUri: ({ loopbackUri }) => loopbackUri,
  },
  {
    // The page need not exist: its address, which the person copies, has all that is needed.
    method: 'paste',
    worksIn: () => true,
    redirectUri: ({ loopbackUri }) => loopbackUri,
  },
];

/** The methods that can work here, the one to try first at the head; a method that a person chose is the only one. */
export function signInMethods(setting: SignInMethodSetting, environment: Environment): readonly SignInMethod[] {
  return ROWS.filter(({ method, worksIn }) => (setting === 'auto' ? worksIn(environment) : method === setting)).map(
    ({ method }) => method,
  );
}

export function redirectUriOf(method: SignInMethod, environment: Environment): string | undefined {
  return ROWS.find((row) => row.method === method)?.redirectUri(environment);
}

/** Every callback URL to register with X for this editor, each once. */
export function callbackUrls(environment: Environment): readonly string[] {
  return [
    ...new Set(ROWS.filter(({ worksIn }) => worksIn(environment)).map(({ redirectUri }) => redirectUri(environment))),
  ];
}
