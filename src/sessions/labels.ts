import { messageOf } from '../common/messageOf.ts';
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { READ_NO_FOLLOW } from '../ipc/durableFiles.ts';
import type { User } from '../x/users.ts';
import { errnoCode, isNotThere, retryWhileBusy } from '../ipc/fileErrors.ts';
import type { Grant, OAuth2Grant } from './grant.ts';
import type { Log } from '../common/log.ts';
import { linkOrCopy } from '../ipc/linkOrCopy.ts';

/** To whom a label belongs: an account, as one app at one X has it. */
export interface LabelOwner {
  readonly apiBaseUrl: string;
  /** The client id, the API key, or what stands for it. */
  readonly app: string;
  readonly accountId: string;
}

/** Takes the first of the candidates that belongs to this owner or to nobody; there has to be one. */
export type ClaimLabel = (candidates: Iterable<string>, owner: LabelOwner, kept?: string) => Promise<string>;

/** Far more than one person has accounts and apps. */
const MOST_LOOKED_AT = 1000;

/** A grant before it is known whose it is. */
export type Given = Omit<OAuth2Grant, 'account'>;

/**
 * Gives a grant a label of its own: `before`, which the one had that it replaces, or a new one. `user`: undefined while X does
 * not name them.
 */
export type LabelGrant = (grant: Given, user: User | undefined, before?: string) => Promise<string>;

/**
 * The labels of one provider's accounts. VS Code keys what a person allowed by label, keeps it after a sign-out, and knows
 * nothing of apps. So a label belongs to whoever had it first, for ever: one file for each, made by the first of all windows,
 * with hashes for names.
 */
export class Labels {
  readonly #folder: string;
  readonly #providerId: string;
  readonly #grantsAt: (apiBaseUrl: string) => Promise<readonly Grant[]>;
  readonly #log: Log;

  /** `grantsAt`: what is signed in at a server. Their labels are theirs, whatever the files say. */
  constructor(parts: {
    folder: string;
    providerId: string;
    grantsAt: (apiBaseUrl: string) => Promise<readonly Grant[]>;
    log: Log;
  }) {
    this.#folder = parts.folder;
    this.#providerId = parts.providerId;
    this.#grantsAt = parts.grantsAt;
    this.#log = parts.log;
  }

  /** `kept` is the label of the grant that is replaced: it stays, whatever became of its file. */
  async claim(candidates: Iterable<string>, owner: LabelOwner, kept?: string): Promise<string> {
    const others = await this.#labelsOfOthers(owner);
    if (kept !== undefined && !others.has(kept)) {
      await this.#take(kept, owner);
      return kept;
    }
    let looked = 0;
    for (const label of candidates) {
      if (others.has(label)) continue;
      // A disk that says of none whose it is must not keep anybody from signing in.
      if (looked++ === MOST_LOOKED_AT) return label;
      if ((await this.#isTheirs(label, owner)) && (await this.#take(label, owner))) return label;
    }
    throw new Error('There is no label left.');
  }

  /** Whether {@link claim} would give this owner the label, as things are now. */
  async isFree(label: string, owner: LabelOwner): Promise<boolean> {
    return !(await this.#labelsOfOthers(owner)).has(label) && this.#isTheirs(label, owner);
  }

  async #labelsOfOthers(owner: LabelOwner): Promise<ReadonlySet<string>> {
    const grants = await this.#grantsAt(owner.apiBaseUrl);
    const others = grants.filter(({ clientId, account: { id } }) => clientId !== owner.app || id !== owner.accountId);
    return new Set(others.map(({ account }) => account.label));
  }

  /** Whether nobody else has had it. What is half written, empty or not ours is somebody else's. */
  async #isTheirs(label: string, owner: LabelOwner): Promise<boolean> {
    const written = await this.#read(label);
    return written === undefined || written === hash(keyOf(owner));
  }

  async #take(label: string, owner: LabelOwner): Promise<boolean> {
    try {
      await fs.mkdir(this.#folder, { recursive: true, mode: 0o700 });
      return (await writeFirst(this.#pathOf(label), hash(keyOf(owner)))) || (await this.#isTheirs(label, owner));
    } catch (error) {
      this.#log.warn(`Could not note whose a label is: ${messageOf(error)}`);
      // A full disk must not keep anybody from signing in.
      return true;
    }
  }

  /** Undefined where nobody has it. */
  async #read(label: string): Promise<string | undefined> {
    const reading = retryWhileBusy(() => fs.readFile(this.#pathOf(label), { encoding: 'utf8', flag: READ_NO_FOLLOW }));
    return reading.catch((error: unknown) => (isNotThere(error) ? undefined : 'unknown'));
  }

  #pathOf(label: string): string {
    return join(this.#folder, hash(`${this.#providerId}\n${label}`));
  }
}

/** Makes a file, whole or not at all. Of all that try, one is told true. */
async function writeFirst(path: string, text: string): Promise<boolean> {
  const whole = `${path}.${randomUUID()}`;
  try {
    await retryWhileBusy(() => fs.writeFile(whole, text, { flag: 'wx', mode: 0o600 }));
    await linkOrCopy(fs, whole, path);
    return true;
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await fs.unlink(whole).catch(() => {});
  }
}

function keyOf({ apiBaseUrl, app, accountId }: LabelOwner): string {
  return JSON.stringify([apiBaseUrl, app, accountId]);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What the labels of grants say, in the editor's language. */
export interface LabelWords {
  /** `code` tells one from another. */
  unnamed(code: string): string;
  /** A person's name, with enough of the client id to recognize the app. */
  withApp(name: string, app: string): string;
}

/** Labels grants of OAuth 2.0. Only the app that the person has set up goes without saying. */
export function labelGrants(claim: ClaimLabel, defaultClientId: () => string, words: LabelWords): LabelGrant {
  return ({ id, apiBaseUrl, clientId: app }, user, before) => {
    const candidates = function* (): Iterable<string> {
      if (user === undefined) {
        yield* beginnings(id.replaceAll('-', ''), 6).map((code) => words.unnamed(code));
        return;
      }
      const name = `@${user.username}`;
      if (app === defaultClientId()) yield name;
      yield* labelsWithApp(app, 8, (shown) => words.withApp(name, shown));
    };
    return claim(candidates(), { apiBaseUrl, app, accountId: user?.id ?? id }, before);
  };
}

/** Labels that say ever more of an app's id, and then have a number, without an end. */
export function* labelsWithApp(app: string, length: number, withApp: (shown: string) => string): Generator<string> {
  const [short = app, ...longer] = beginnings(app, length).map((text) => (text === app ? text : `${text}…`));
  yield* [short, ...longer].map((text) => withApp(text));
  for (let n = 2; ; n++) yield withApp(`${short}, ${n}`);
}

/** The first characters of an id, then twice as many, and so on; at last the whole. */
function beginnings(id: string, length: number): readonly string[] {
  return length < id.length ? [id.slice(0, length), ...beginnings(id, 2 * length)] : [id];
}
