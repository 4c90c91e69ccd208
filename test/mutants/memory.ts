import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CACHE } from '../host/project.ts';

/** What was found out, kept between runs under a name for as long as what it depends on stays the same. */
export class Memory<T> {
  readonly #path: string;
  readonly #known: Map<string, { readonly stamp: string; readonly value: T }>;

  constructor(name: string) {
    this.#path = join(CACHE, 'mutants', `${name}.json`);
    this.#known = new Map(existsSync(this.#path) ? JSON.parse(readFileSync(this.#path, 'utf8')) : []);
  }

  get(name: string, stamp: string): T | undefined {
    const known = this.#known.get(name);
    return known?.stamp === stamp ? known.value : undefined;
  }

  set(name: string, stamp: string, value: T): void {
    this.#known.set(name, { stamp, value });
  }

  save(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.new`, JSON.stringify([...this.#known]));
    renameSync(`${this.#path}.new`, this.#path);
  }
}
