/** How the browser can come back from X; docs/where-it-works.md says where which does. */
export const SIGN_IN_METHODS = ['loopback', 'relay', 'uri', 'paste'] as const;
export type SignInMethod = (typeof SIGN_IN_METHODS)[number];

/** What the setting `signInMethod` can be. */
export const SIGN_IN_METHOD_SETTINGS = ['auto', ...SIGN_IN_METHODS] as const;
export type SignInMethodSetting = (typeof SIGN_IN_METHOD_SETTINGS)[number];
