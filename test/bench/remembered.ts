/** What a browser remembers for VS Code from one start to the next. */
export interface Remembered {
  /** In SecretStorage, by extension and key. */
  readonly secrets: readonly { readonly extensionId: string; readonly key: string; readonly value: string }[];
  /** Which accounts the extension `asker` may use. */
  readonly allowed: readonly { readonly provider: string; readonly label: string }[];
  readonly asker: string;
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
  const { localStorage, indexedDB } = globalThis as unknown as Page;
  localStorage.setItem('secrets.provider', btoa(bytes.map((byte) => String.fromCharCode(byte)).join('')));

  await new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open('vscode-web-state-db-global');
    opening.onupgradeneeded = () => opening.result.createObjectStore('ItemTable');
    opening.onerror = reject;
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('ItemTable', 'readwrite');
      const items = transaction.objectStore('ItemTable');
      const extensions = JSON.stringify([{ id: asker, name: asker, allowed: true }]);
      for (const { provider, label } of allowed) items.put(extensions, `${provider}-${label}`);
      transaction.onerror = reject;
      transaction.oncomplete = () => {
        opening.result.close();
        resolve();
      };
    };
  });
}

/** What a page has of this and Node has not. */
interface Page {
  readonly localStorage: { setItem(key: string, value: string): void };
  readonly indexedDB: { open(name: string): Opening };
}

interface Opening {
  onupgradeneeded: () => void;
  onerror: (reason: unknown) => void;
  onsuccess: () => void;
  readonly result: {
    createObjectStore(name: string): void;
    transaction(
      name: string,
      mode: 'readwrite',
    ): {
      onerror: (reason: unknown) => void;
      oncomplete: () => void;
      objectStore(name: string): { put(value: string, key: string): void };
    };
    close(): void;
  };
}
