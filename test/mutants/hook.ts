import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** In a process with this in its environment, and in those that it starts, another text is in the place of a source file. */
const { MUTATED_URL: url, MUTATED_PATH: path } = process.env;
if (url !== undefined && path !== undefined) {
  registerHooks({
    load(target, context, nextLoad) {
      const loaded = nextLoad(target, context);
      return target.split('?')[0] === url ? { ...loaded, source: readFileSync(path, 'utf8') } : loaded;
    },
  });
}
