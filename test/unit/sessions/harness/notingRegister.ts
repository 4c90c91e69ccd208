import { Register } from '../../../../src/sessions/store/register.ts';
import type { OAuth2Grant } from '../../../../src/sessions/grant.ts';
import type { Entry } from '../../../../src/sessions/store/entry.ts';

/** A register that says which refresh tokens were spent for what it has on the disk. */
export class NotingRegister extends Register<'oauth2'> {
  readonly #onNoted: (refreshToken: string) => void;

  constructor(parts: ConstructorParameters<typeof Register<'oauth2'>>[0], onNoted: (refreshToken: string) => void) {
    super(parts);
    this.#onNoted = onNoted;
  }

  override async change(
    key: string,
    change: (current: Entry<OAuth2Grant> | undefined) => Promise<Entry<OAuth2Grant> | undefined>,
    how?: { readonly overrule?: boolean },
  ): Promise<void> {
    let spent: string | undefined;
    await super.change(
      key,
      async (current) => {
        const next = await change(current);
        const before = current?.grant.refreshToken;
        const after = next?.grant;
        if (before !== undefined && after?.signInId === current?.grant.signInId && after?.refreshToken !== undefined)
          spent = after.refreshToken === before ? undefined : before;
        return next;
      },
      how,
    );
    if (spent !== undefined) this.#onNoted(spent);
  }
}
