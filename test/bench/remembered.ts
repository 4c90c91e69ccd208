/** What a browser remembers for VS Code from one start to the next. */
export interface Remembered {
  /** In SecretStorage, by extension and key. */
  readonly secrets: readonly { readonly extensionId: string; readonly key: string; readonly value: string }[];
  /** Which accounts the extension `asker` may use. */
  readonly allowed: readonly { readonly provider: string; readonly label: string }[];
  readonly asker: string;
}

/** The page's, as far as it is used here. */
declare const indexedDB: {
  open(name: string): Listens<'upgradeneeded' | 'error' | 'success'> & { readonly result: Database };
};

interface Listens<Event> {
  addEventListener(event: Event, listener: (reason: unknown) => void): void;
}

interface Database {
  createObjectStore(name: string): void;
  transaction(name: string, mode: 'readwrite'): Transaction;
  close(): void;
}

interface Transaction extends Listens<'error' | 'complete'> {
  objectStore(name: string): { put(value: string, key: string): void };
}

/** Runs in a page of VS Code's server, before VS Code does, and stores what an earlier start would have stored. */
export async function remember({ secrets, allowed, asker }: Remembered): Promise<void> {
  const entries = secrets.map(({ extensionId, key, value }) => [JSON.stringify({ extensionId, key }), value]);
  const minted = await fetch('/mint-key', { method: 'POST', credentials: 'include' });
  const serverKey = new Uint8Array(await minted.arrayBuffer());
  const clientKey = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const both = clientKey.map((byte, index) => byte ^ (serverKey[index] ?? 0));
  const key = await crypto.subtle.importKey('raw', both, 'AES-GCM', false, ['encrypt']);
  const plain = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain));
  const bytes = [...clientKey, ...iv, ...sealed];
  localStorage.setItem('secrets.provider', btoa(bytes.map((byte) => String.fromCharCode(byte)).join('')));

  await new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open('vscode-web-state-db-global');
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('ItemTable'));
    opening.addEventListener('error', reject);
    opening.addEventListener('success', () => {
      const transaction = opening.result.transaction('ItemTable', 'readwrite');
      const items = transaction.objectStore('ItemTable');
      const extensions = JSON.stringify([{ id: asker, name: asker, allowed: true }]);
      for (const { provider, label } of allowed) items.put(extensions, `${provider}-${label}`);
      transaction.addEventListener('error', reject);
      transaction.addEventListener('complete', () => {
        opening.result.close();
        resolve();
      });
    });
  });
}
