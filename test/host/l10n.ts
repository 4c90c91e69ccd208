import { getL10nJson } from '@vscode/l10n-dev';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './project.ts';

/** The languages besides English. */
export const LANGUAGES = ['de', 'ja'];

type Text = string | { readonly message: string; readonly comment: readonly string[] };

/** Texts by their keys, which in the bundle are the English texts themselves. */
export type Bundle = Readonly<Record<string, Text>>;

/** The words of `src`, and those of package.json. */
export const FAMILIES = ['l10n/bundle.l10n', 'package.nls'];

/** The file with the English texts of a family, or with those of another language. */
export function fileOf(family: string, language?: string): string {
  return language === undefined ? `${family}.json` : `${family}.${language}.json`;
}

export function readBundle(file: string): Bundle {
  const path = join(ROOT, file);
  const bundle: Bundle = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  return bundle;
}

/** Empty where there is none. */
export function textOf(bundle: Bundle, key: string): string {
  const text = bundle[key] ?? '';
  return typeof text === 'string' ? text : text.message;
}

/** Every text in `src` that `l10n.t` is given, file by file. */
export async function extractTexts(): Promise<Bundle> {
  const files = globSync('src/**/*.ts', { cwd: ROOT }).toSorted();
  return getL10nJson(files.map((file) => ({ extension: '.ts', contents: readFileSync(join(ROOT, file), 'utf8') })));
}

/** Brings the files up to date with `src`, and says what is left to translate. */
async function update(): Promise<void> {
  write('l10n/bundle.l10n.json', await extractTexts());
  for (const family of FAMILIES) {
    const english = readBundle(fileOf(family));
    for (const language of LANGUAGES) {
      const file = fileOf(family, language);
      const known = readBundle(file);
      const kept = Object.keys(english).flatMap((key) => (known[key] === undefined ? [] : [[key, known[key]]]));
      write(file, Object.fromEntries(kept));
      for (const key of Object.keys(english).filter((name) => known[name] === undefined)) {
        console.log(`${file} lacks ${JSON.stringify(key)}`);
      }
    }
  }
}

function write(file: string, bundle: Bundle): void {
  writeFileSync(join(ROOT, file), `${JSON.stringify(bundle, undefined, 2)}\n`);
}

if (import.meta.main) await update();
