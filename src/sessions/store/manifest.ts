import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { Label } from '../grant.ts';

const Manifest_ = v.object({ keyId: v.string(), labels: v.array(Label) });

type Manifest = v.InferOutput<typeof Manifest_>;

/**
 * What should be stored, in the clear and without secrets: so a keyring that was lost or a store that was cleared is noticed, and
 * not taken for never having signed in.
 */
export class ManifestFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined where there is none, or none that can be read. */
  async read(): Promise<Manifest | undefined> {
    const text = await fs.readFile(this.#path, 'utf8').catch(() => undefined);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Manifest_), text);
    return parsed.success ? parsed.output : undefined;
  }

  async write(manifest: Manifest): Promise<void> {
    await fs.mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const whole = `${this.#path}.${randomUUID()}`;
    try {
      await fs.writeFile(whole, JSON.stringify(manifest), { flag: 'wx', mode: 0o600 });
      await fs.rename(whole, this.#path);
    } catch (error) {
      await fs.unlink(whole).catch(() => {});
      throw error;
    }
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
