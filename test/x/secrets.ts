import { randomBytes } from 'node:crypto';

/** Prefixes by which a leaked secret is recognised in a file, a log or a URL. */
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

/** Every secret the stand-in ever gave away. A PIN is not among them: seven digits would be found by chance. */
export class Secrets {
  readonly issued = new Set<string>();

  mint(kind: keyof typeof PREFIXES): string {
    return this.note(PREFIXES[kind] + randomBytes(32).toString('base64url'));
  }

  note(secret: string): string {
    this.issued.add(secret);
    return secret;
  }
}
