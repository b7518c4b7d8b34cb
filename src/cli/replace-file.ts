import { renameSync, unlinkSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file atomically, so a crash leaves the old content or the new one. The name of the draft beside it is
 * predictable, so the draft is never written through a file or link that already has this name.
 */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    // Also a draft that a killed process with the same id has left. Removes a link itself, not its target.
    unlinkSync(draft);
    writeFileSync(draft, text, { flag: 'wx' });
  }
  renameSync(draft, path);
}
