import { join, resolve } from 'node:path';

/** The root of the repository. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** All that is downloaded or staged for tests and `npm start`. Deleting it is always safe. */
export const CACHE = join(ROOT, '.vscode-test');

/** The export condition under which Node (`--conditions`) and esbuild take `x-authentication-testing` from its sources. */
export const SOURCE_CONDITION = 'x-authentication-source';
