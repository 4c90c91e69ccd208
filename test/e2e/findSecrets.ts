import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Page } from 'playwright-core';
import type { Story } from './story.ts';

/**
 * Looks for secrets in the clear in all that VS Code wrote: its files on the server (settings, logs, global storage), and
 * what each open window keeps in the browser, which is where the workbench's own logs are. Returns where it found some.
 */
export async function findSecrets(story: Story, secrets: Iterable<string>): Promise<string[]> {
  const wanted = [...secrets];
  const places: [where: string, text: string][] = [];
  for (const entry of await readdir(story.server.home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    places.push([relative(story.server.home, file), await readFile(file, 'latin1')]);
  }
  for (const page of story.browser.pages()) {
    if (page.url().startsWith(story.server.url)) places.push(['browser storage', await readBrowserStorage(page)]);
  }
  return places.filter(([, text]) => wanted.some((secret) => text.includes(secret))).map(([where]) => where);
}

/** Everything in local storage and IndexedDB, as text. Runs in the page. */
async function readBrowserStorage(page: Page): Promise<string> {
  return page.evaluate(`(async () => {
    const settled = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const texts = Object.values(localStorage);
    for (const { name } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        for (const value of await settled(database.transaction(store).objectStore(store).getAll())) {
          texts.push(value instanceof Uint8Array ? new TextDecoder().decode(value) : JSON.stringify(value));
        }
      }
      database.close();
    }
    return texts.join('\\n');
  })()`);
}
