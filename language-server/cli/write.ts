import { randomUUID } from 'node:crypto';
import { access, constants, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { realPath } from '../server/sources.ts';

/** A file that was changed by somebody else since it was read. */
export class Changed extends Error {
  constructor() {
    super('it was changed by something else meanwhile; nothing was written');
  }
}

/**
 * Replaces the content of a file in one step: whoever reads it sees the old or the new content, whole.
 * Symbolic links stay, and so does the mode. An interruption waits until it is done.
 * @param before what the file must hold still; else `Changed` is thrown
 */
export async function replaceFile(path: string, before: Uint8Array, after: Uint8Array): Promise<void> {
  // A link is followed, for the new file takes the place of what it leads to.
  const target = realPath(path);
  await access(target, constants.W_OK);
  const { mode } = await stat(target);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  await uninterrupted(async () => {
    try {
      const file = await open(temporary, 'wx', mode);
      try {
        await file.chmod(mode);
        await file.writeFile(after);
        await file.sync();
      } finally {
        await file.close();
      }
      if (!(await readFile(target)).equals(before)) throw new Changed();
      await rename(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** Does something whole; an interruption that comes meanwhile ends the process after it. */
async function uninterrupted(action: () => Promise<void>): Promise<void> {
  let status: number | null = null;
  const hold = (signal: NodeJS.Signals): void => {
    status = signal === 'SIGINT' ? 130 : 143;
  };
  process.on('SIGINT', hold);
  process.on('SIGTERM', hold);
  try {
    await action();
  } finally {
    process.off('SIGINT', hold);
    process.off('SIGTERM', hold);
    if (status !== null) process.exit(status);
  }
}
