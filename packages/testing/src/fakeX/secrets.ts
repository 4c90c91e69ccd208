import { randomBytes } from 'node:crypto';

/** Prefixes by which a leaked secret can be recognized in a file, a log or a URL. */
export const PREFIXES = {
  accessToken: 'XAT-',
  refreshToken: 'XRT-',
  code: 'XCODE-',
  requestToken: 'XO1R-',
  requestTokenSecret: 'XO1RS-',
  oauth1Token: 'XO1A-',
  oauth1TokenSecret: 'XO1AS-',
  verifier: 'XO1V-',
  appBearer: 'AAAAAAAAAAAAAAAAAAAAAXAPP',
} as const;

export type SecretKind = keyof typeof PREFIXES;

/** Every secret that the fake X has issued. PINs are left out: a search for seven digits would find others by chance. */
export class Secrets {
  readonly issued = new Set<string>();
  readonly #mint: (kind: SecretKind) => string;

  constructor(mint: (kind: SecretKind) => string = randomSecret) {
    this.#mint = mint;
  }

  mint(kind: SecretKind): string {
    return this.note(this.#mint(kind));
  }

  note(secret: string): string {
    this.issued.add(secret);
    return secret;
  }
}

function randomSecret(kind: SecretKind): string {
  return PREFIXES[kind] + randomBytes(32).toString('base64url');
}
