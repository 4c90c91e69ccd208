import { constants } from 'node:fs';
import { sync } from './durableFiles.ts';
import { errnoCode } from './fileErrors.ts';

/** What {@link linkOrCopy} needs of a file system. */
export interface LinkFiles {
  link(existing: string, path: string): Promise<void>;
  copyFile(from: string, to: string, mode: number): Promise<void>;
}

/** Gives a complete file a second name. Unlike `rename`, it fails with EEXIST if the name is taken: of all who try, one succeeds. */
export async function linkOrCopy(files: LinkFiles, existing: string, path: string): Promise<void> {
  try {
    await files.link(existing, path);
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') throw error;
    // Any other error: each system without hard links (FAT, Android, network drives) has a code of its own for that.
    await files.copyFile(existing, path, constants.COPYFILE_EXCL);
    await sync(path, 'r+');
  }
}
