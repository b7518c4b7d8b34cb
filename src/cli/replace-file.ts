import { renameSync, unlinkSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file as a whole, so a crash leaves the old content or the new one. The draft beside it has a name that others can
 * foresee, so it is never written through a file or a link that somebody has put there.
 */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    // Also what a process of the same id has left that was killed. Removes a link, and not what it leads to.
    unlinkSync(draft);
    writeFileSync(draft, text, { flag: 'wx' });
  }
  renameSync(draft, path);
}
