import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** In a process with this in its environment, and in those that it starts, one source file is another. */
export interface Replacement {
  readonly url: string;
  readonly from: number;
  readonly to: number;
  readonly now: string;
}

const { MUTANT } = process.env;
if (MUTANT !== undefined) {
  const { url, from, to, now }: Replacement = JSON.parse(MUTANT);
  registerHooks({
    load(target, context, nextLoad) {
      const loaded = nextLoad(target, context);
      if (target.split('?')[0] !== url) return loaded;
      const source = readFileSync(fileURLToPath(url), 'utf8');
      return { ...loaded, source: source.slice(0, from) + now + source.slice(to) };
    },
  });
}
