import type { GrantManifest } from './grantManifest.ts';
import type { Unreadable } from './grantRecords.ts';

export interface LostGrantsDeps {
  readonly manifest: GrantManifest;
  /** True in one of all windows: the one that tells the person of what is stored as `secret`. */
  readonly isFirstToTell: (secret: string) => Promise<boolean>;
  /** Told once across windows, at the first reading. */
  readonly onUnreadable: (count: number) => void;
  /** The accounts whose sign-in should be stored and is not; told once across windows, at the first reading. */
  readonly onVanished: (labels: readonly string[]) => void;
}

/** Notices sign-ins that should be stored and are not, or can't be read, and has the person told once. */
export class LostGrants {
  readonly #deps: LostGrantsDeps;
  /** What the manifest says, as far as this window knows. */
  #written = '';

  constructor(deps: LostGrantsDeps) {
    this.#deps = deps;
  }

  async tellUnreadable(unreadable: readonly Unreadable[]): Promise<void> {
    let untold = 0;
    for (const { stored } of unreadable) if (await this.#deps.isFirstToTell(stored)) untold++;
    if (untold > 0) this.#deps.onUnreadable(untold);
  }

  /** `labels`: of what is here. With another key, what the manifest names and is not here is lost. */
  async tellVanished(keyId: string, labels: readonly string[]): Promise<void> {
    const manifest = await this.#deps.manifest.read();
    if (manifest === undefined || manifest.keyId === keyId) return;
    const gone = manifest.labels.filter((label) => !labels.includes(label));
    if ((await this.#deps.manifest.claim(manifest, keyId)) && gone.length > 0) this.#deps.onVanished(gone);
  }

  /** Notes what should be stored. */
  async note(keyId: string, labels: readonly string[]): Promise<void> {
    const manifest = { keyId, labels: labels.toSorted() };
    const text = JSON.stringify(manifest);
    if (text === this.#written) return;
    this.#written = text;
    await this.#deps.manifest.write(manifest);
  }
}
