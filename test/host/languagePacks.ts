import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes VS Code believe that it has language packs, so that extensions find it in these languages. The packs are empty, because
 * VS Code's own have to be downloaded: its own words stay English.
 */
export async function writeLanguagePacks(userData: string, languages: readonly string[]): Promise<void> {
  const folder = join(userData, 'languagePacks');
  await mkdir(folder, { recursive: true });
  const words = join(folder, 'none.i18n.json');
  await writeFile(words, JSON.stringify({ version: '1.0.0', contents: {} }));
  const packs = languages.map((language) => [
    language,
    {
      hash: `empty-${language}`,
      label: language,
      extensions: [{ extensionIdentifier: { id: `none.language-pack-${language}` }, version: '1.0.0' }],
      translations: { vscode: words },
    },
  ]);
  // The file in which VS Code notes the packs that are installed.
  await writeFile(join(userData, 'languagepacks.json'), JSON.stringify(Object.fromEntries(packs)));
  // Without this file, code-server does not look at the cookie.
  await writeFile(join(userData, 'User', 'argv.json'), '{}');
}
