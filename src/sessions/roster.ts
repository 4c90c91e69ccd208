import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { codeOf } from './busyFiles.ts';
import { Label, type Grant } from './grant.ts';

/** How long a write to SecretStorage may be on its way to other windows. */
const LATE_MS = 10_000;

/** The names of entries, among all that editors, systems and network drives leave in folders. */
const ENTRY = /^[0-9a-f]{32}$/;

const Entry = v.object({ key: v.string(), label: Label, since: v.number() });

/**
 * Which grants SecretStorage should hold, in files: so a keyring that was lost or a store that was cleared is noticed, and
 * not taken for never having signed in. No secrets in it; a folder for each store, because browsers that
 * share a server each have their own.
 */
export class Roster {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #startedAt: number;

  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
    this.#startedAt = now();
  }

  /** A grant is stored under `key`. One that is entered stays as it is. */
  async enter(key: string, { account }: Grant): Promise<void> {
    const path = this.#pathOf(key);
    if ((await read(path)) !== undefined) return;
    await fs.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    // What can't be read is in the way: an entry, say, that a full disk has cut off.
    await unlinked(path);
    const entry = JSON.stringify({ key, label: account.label, since: this.#now() });
    try {
      await fs.writeFile(path, entry, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return;
      await unlinked(path).catch(() => {});
      throw error;
    }
  }

  /** Nothing is to be stored under `key` any more. */
  async leave(key: string): Promise<void> {
    await unlinked(this.#pathOf(key));
  }

  /** The labels of what should be stored and is not among `keys`: each to one window only, which tells the person. */
  async claimMissing(keys: readonly string[]): Promise<readonly string[]> {
    const entries = await Promise.all((await this.#files()).map((path) => read(path)));
    const missing = entries.filter(
      (entry) => entry !== undefined && !keys.includes(entry.key) && entry.since < this.#startedAt - LATE_MS,
    );
    const claimed = await Promise.all(missing.map(async (entry) => entry && unlinked(this.#pathOf(entry.key))));
    return missing.flatMap((entry, index) => (entry !== undefined && claimed[index] === true ? [entry.label] : []));
  }

  /** Whether something else is stored than what is under `keys`: then whoever sees only these is behind. */
  async hasMoreThan(keys: readonly string[]): Promise<boolean> {
    const known = new Set(keys.map((key) => this.#pathOf(key)));
    const others = (await this.#files()).filter((path) => !known.has(path));
    return (await Promise.all(others.map((path) => read(path)))).some((entry) => entry !== undefined);
  }

  async #files(): Promise<readonly string[]> {
    try {
      const names = await fs.readdir(this.#folder);
      return names.filter((name) => ENTRY.test(name)).map((name) => join(this.#folder, name));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  #pathOf(key: string): string {
    return join(this.#folder, createHash('sha256').update(key).digest('hex').slice(0, 32));
  }
}

/** Undefined for what is not an entry: a file that is being written, or is not ours. */
async function read(path: string): Promise<v.InferOutput<typeof Entry> | undefined> {
  const text = await fs.readFile(path, 'utf8').catch(() => undefined);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Entry), text);
  return parsed.success ? parsed.output : undefined;
}

/** True for the one of several windows that deleted the file. */
async function unlinked(path: string): Promise<boolean> {
  try {
    await fs.unlink(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
