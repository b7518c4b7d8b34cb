import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../replace-file.js';
import { UserError } from '../user-error.js';
import type { InputLine } from './input-lines.js';

const Saved = z.object({
  /** Begins the idempotency keys of all attempts at this input. */
  run: z.uuid(),
  /** The last line that is done, and all before it. */
  line: z.int().nonnegative(),
  digest: z.string(),
});

/** The progress of publishing an input, and the idempotency keys of its lines. */
export class Progress {
  readonly #path: string | undefined;
  #saved: z.infer<typeof Saved>;

  /**
   * Reads the file, or makes it: the keys must be the same after a crash in the first mutation. Without a file the progress ends
   * with the process.
   * @throws {UserError} when the file holds something else
   */
  constructor(path: string | undefined) {
    this.#path = path;
    const before = path === undefined ? undefined : read(path);
    this.#saved = before ?? { run: randomUUID(), line: 0, digest: '' };
    if (before === undefined) this.#save();
  }

  /** How many lines were done before this run. */
  get line(): number {
    return this.#saved.line;
  }

  /** The same for all attempts at the same line of the same input. A line that was corrected is another mutation. */
  keyOf({ number, digest }: InputLine): string {
    return `${this.#saved.run}-${number}-${digest}`;
  }

  /**
   * Whether a line was done before.
   * @throws {UserError} when the progress belongs to another input
   */
  isDone({ number, digest }: InputLine): boolean {
    const { line, digest: last } = this.#saved;
    if (number === line && digest !== last)
      throw new UserError(
        `Line ${number} is not the one that was published: ${this.#path} belongs to another input. Name another file.`,
        1,
      );
    return number <= line;
  }

  /** Everything up to this line is done. */
  done({ number, digest }: InputLine): void {
    this.#saved = { ...this.#saved, line: number, digest };
    this.#save();
  }

  #save(): void {
    if (this.#path === undefined) return;
    mkdirSync(dirname(this.#path), { recursive: true });
    replaceFile(this.#path, `${JSON.stringify(this.#saved)}\n`);
  }
}

function read(path: string): z.infer<typeof Saved> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return Saved.parse(JSON.parse(text));
  } catch {
    throw new UserError(`${path} has no progress of 'millrace publish' in it. Name another file.`, 2);
  }
}
