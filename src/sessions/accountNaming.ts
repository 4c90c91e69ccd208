import { messageOf } from '../common/messageOf.ts';
import type { Log } from '../common/log.ts';
import { UnreachableError } from '../oauth/errors.ts';
import type { HttpDeps } from '../oauth/http.ts';
import { whoAmI, type User } from '../x/users.ts';
import type { BackOff } from './backOff.ts';
import { provisionalAccount, type Account, type OAuth2Grant } from './grant.ts';
import type { Given, LabelGrant } from './labels.ts';
import type { Notify } from './notice.ts';
import type { Grants } from './store/grants.ts';

/** How long X is left alone when it does not tell whose a grant is: all windows and extensions share 75 requests per 15 minutes. */
const ASK_WHO_AGAIN_MS = 2 * 60_000;

/**
 * Finds out whose a grant is, and keeps it under that name. Signing in must not fail because `/2/users/me` does: until X answers, a
 * grant has a provisional name (design rule 8).
 */
export class AccountNaming {
  readonly #grants: Grants<'oauth2'>;
  readonly #backOff: BackOff;
  readonly #label: LabelGrant;
  readonly #deps: HttpDeps;
  readonly #notify: Notify;
  readonly #log: Log;
  /** What is under way in this window, by the grant's id. */
  readonly #naming = new Map<string, Promise<OAuth2Grant | undefined>>();

  constructor(parts: {
    grants: Grants<'oauth2'>;
    backOff: BackOff;
    label: LabelGrant;
    deps: HttpDeps;
    notify: Notify;
    log: Log;
  }) {
    this.#grants = parts.grants;
    this.#backOff = parts.backOff;
    this.#label = parts.label;
    this.#deps = parts.deps;
    this.#notify = parts.notify;
    this.#log = parts.log;
  }

  /** Gives a grant the name that X did not tell at sign-in, if it tells now. Never rejects. */
  name(grant: OAuth2Grant): Promise<OAuth2Grant | undefined> {
    const underWay = this.#naming.get(grant.id);
    if (underWay !== undefined) return underWay;
    if (this.#backOff.isWaiting(namingOf(grant))) return Promise.resolve(grant);
    const named = this.#askAndName(grant).finally(() => this.#naming.delete(grant.id));
    this.#naming.set(grant.id, named);
    return named;
  }

  /** The person whose grant it is; undefined if X does not say. Never rejects: whatever goes wrong here, the grant is good. */
  async whoIs(grant: Given): Promise<User | undefined> {
    try {
      const user = await whoAmI(grant.apiBaseUrl, `Bearer ${grant.accessToken}`, this.#deps);
      this.#backOff.succeeded(namingOf(grant));
      return user;
    } catch (error) {
      this.#log.warn(`Grant ${grant.id}: X did not say whose it is. ${messageOf(error)}`);
      const wishMs = error instanceof UnreachableError ? error.retryAfterMs : undefined;
      this.#backOff.failed(namingOf(grant), Math.max(ASK_WHO_AGAIN_MS, wishMs ?? 0));
      return undefined;
    }
  }

  /** Keeps a grant, and shows it under a provisional name. */
  async keepUnnamed(given: Given): Promise<OAuth2Grant> {
    const grant = { ...given, account: provisionalAccount(given.id, await this.#label(given, undefined)) };
    await this.#grants.keep(grant);
    return grant;
  }

  /** Keeps a grant under its person's name, in the place of the one that X has ended by giving this one. */
  async keepNamed(given: Given, { id, username, imageUrl }: User): Promise<OAuth2Grant> {
    const old = await this.#grants.findOwn(given, id);
    // VS Code keys permissions by the label.
    const label = await this.#label(given, { id, username }, old?.account.label);
    const named = await this.#grants.name(unnamed(given), { id, label, imageUrl });
    if (named === undefined) return (await this.#grants.findOwn(given, id)) ?? unnamed(given);
    this.#tellNarrowed(named.replaced, named.grant);
    return named.grant;
  }

  async #askAndName(grant: OAuth2Grant): Promise<OAuth2Grant | undefined> {
    const user = await this.whoIs(grant);
    if (user === undefined) return grant;
    try {
      return await this.keepNamed(grant, user);
    } catch (error) {
      this.#log.warn(`Grant ${grant.id}: not named. ${messageOf(error)}`);
      return grant;
    }
  }

  /** Tells the person if a grant allows less than the one whose place it takes. */
  #tellNarrowed(old: OAuth2Grant | undefined, grant: OAuth2Grant): void {
    const lost = (old?.scopes ?? []).filter((scope) => !grant.scopes.includes(scope));
    if (lost.length > 0) this.#notify({ kind: 'narrowed', grant, lost });
  }
}

/** A grant as it is filed while nobody knows whose it is. */
export function unnamed<T extends { readonly id: string }>(given: T): T & { readonly account: Account } {
  return { account: provisionalAccount(given.id, given.id), ...given };
}

/** What the waiting before the next question to X is filed under: apart from that of refreshes, which must not suffer from it. */
export function namingOf(grant: Given): string {
  return `name of ${grant.id}`;
}
