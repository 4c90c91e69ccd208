import * as fs from 'node:fs/promises';
import type { Directories } from '../../../../src/ipc/heldLock.ts';

/** One move of the world: who goes on, how much time passes before, and whether it is killed instead. */
export interface Move {
  readonly who: number;
  readonly afterMs: number;
  readonly kill: boolean;
}

export type Platform = 'posix' | 'windows' | 'mounted';

/** What 9p, Windows drives under WSL and some SMB say of a rename onto a folder that is not empty: not why. */
const mounted: Pick<Directories, 'rmdir' | 'rename'> = {
  rmdir: (path) => fs.rmdir(path),
  rename: async (from, to) => {
    try {
      await fs.rename(from, to);
    } catch {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    }
  },
};

interface Parked {
  readonly actor: number;
  readonly goOn: () => void;
}

/**
 * Runs actors one operation at a time, in an order that the test chooses. Every actor stops before each of its
 * operations and stays there, for as long as the others like, until a move lets it go on.
 */
export class Steps {
  now = 0;
  readonly dead = new Set<number>();
  readonly #slept = new Map<number, number>();
  readonly #parked: Parked[] = [];
  #running = 0;
  #settled: () => void = () => {};

  /** Resolves when a move lets the actor go on; never, if it is killed. */
  park(actor: number): Promise<void> {
    if (this.dead.has(actor)) return new Promise(() => {});
    return new Promise((goOn) => {
      this.#parked.push({ actor, goOn });
      this.#parked.sort((one, other) => one.actor - other.actor);
      this.#settled();
    });
  }

  /** Runs the actors to their ends, as `moves` say and, when these are used up, one after another. Nobody dies then. */
  async run(actors: ReadonlyArray<() => Promise<void>>, moves: Iterable<Move>): Promise<void> {
    this.#running = actors.length;
    let failure: unknown;
    for (const [actor, act] of actors.entries()) {
      act()
        .catch((error: unknown) => (failure ??= error))
        .finally(() => {
          if (!this.dead.has(actor)) this.#running--;
          this.#settled();
        });
    }
    const chosen = moves[Symbol.iterator]();
    for (let turn = 0; ; turn++) {
      while (this.#parked.length < this.#running) await new Promise<void>((resolve) => (this.#settled = resolve));
      if (failure !== undefined) throw failure;
      if (this.#running === 0) return;
      const move = chosen.next().value ?? { who: turn, afterMs: 40, kill: false };
      const [next] = this.#parked.splice(move.who % this.#parked.length, 1);
      if (next === undefined) return;
      this.now += move.afterMs;
      for (const { actor } of this.#parked) this.#slept.set(actor, (this.#slept.get(actor) ?? 0) + move.afterMs);
      if (move.kill && this.#running > 1) {
        this.dead.add(next.actor);
        this.#running--;
      } else {
        next.goOn();
      }
    }
  }

  /** A monotonic clock. On Linux it stands still while the machine sleeps: here, whenever the actor is not the next. */
  clock(actor: number, platform: 'posix' | 'windows'): () => number {
    return () => this.now - (platform === 'posix' ? (this.#slept.get(actor) ?? 0) : 0);
  }

  directories(actor: number, platform: Platform): Directories {
    const real = platform === 'posix' ? fs : platform === 'windows' ? this.#windows(actor) : mounted;
    return {
      readdir: async (path) => (await this.park(actor), fs.readdir(path)),
      mkdir: async (path, options) => (await this.park(actor), fs.mkdir(path, options)),
      rmdir: async (path) => (await this.park(actor), real.rmdir(path)),
      rename: async (from, to) => (await this.park(actor), real.rename(from, to)),
    };
  }

  /**
   * Windows replaces no directory, not even an empty one, and first opens what it then deletes: two processes that have
   * opened the same directory are both told that they deleted it.
   */
  #windows(actor: number): Pick<Directories, 'rmdir' | 'rename'> {
    return {
      rmdir: async (path) => {
        const opened = await fs.lstat(path);
        await this.park(actor);
        const found = await fs.lstat(path).catch(() => undefined);
        if (found?.ino === opened.ino) await fs.rmdir(path);
      },
      rename: async (from, to) => {
        const target = await fs.lstat(to).catch(() => undefined);
        if (target !== undefined) throw Object.assign(new Error('EEXIST: file already exists'), { code: 'EEXIST' });
        await fs.rename(from, to);
      },
    };
  }
}
