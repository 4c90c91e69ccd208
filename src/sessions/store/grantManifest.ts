import { parseJson } from '../../common/json.ts';
import * as fs from 'node:fs/promises';
import * as v from 'valibot';
import { readSmallFile, replaceSmallFile } from '../../ipc/durableFiles.ts';
import { Label } from '../grant.ts';

const ManifestRecord = v.object({ keyId: v.string(), labels: v.array(Label) });

type Manifest = v.InferOutput<typeof ManifestRecord>;

/**
 * What should be stored, in the clear and without secrets: so a keyring that was lost or a store that was cleared is noticed, and
 * not taken for never having signed in.
 */
export class GrantManifest {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined where there is none, or none that can be read. */
  async read(): Promise<Manifest | undefined> {
    return parseJson(ManifestRecord, await readSmallFile(this.#path));
  }

  async write(manifest: Manifest): Promise<void> {
    await replaceSmallFile(this.#path, JSON.stringify(manifest));
  }

  /** Takes note of another key: true for the one of several windows that did, which tells the person what is gone. */
  async claim(lost: Manifest, keyId: string): Promise<boolean> {
    try {
      // Only one can move it away.
      await fs.rename(this.#path, `${this.#path}.${keyId}.lost`);
    } catch {
      return false;
    }
    await fs.unlink(`${this.#path}.${keyId}.lost`).catch(() => {});
    return lost.keyId !== keyId;
  }
}
