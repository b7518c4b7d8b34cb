import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../core/errors.js';
import { fieldsOf, type Revocation, revocationOf } from '../../core/revocation.js';
import type { OnProblem } from '../../ports/problem.js';
import type { RevocationLog } from '../../ports/revocation-log.js';

const FILE = 'revocations.jsonl';

/**
 * Opens a log of revocations in a file of a folder: one JSON object in each line. Unlike the embedded log, which belongs to
 * one process, every process may append to it.
 */
export function openFileRevocationLog(dir: string, onProblem: OnProblem = () => undefined): RevocationLog {
  return new FileRevocationLog(dir, onProblem);
}

class FileRevocationLog implements RevocationLog {
  readonly #dir: string;
  readonly #path: string;
  readonly #onProblem: OnProblem;
  /** How many bytes were read: whole lines. */
  #read = 0;

  constructor(dir: string, onProblem: OnProblem) {
    this.#dir = dir;
    this.#path = join(dir, FILE);
    this.#onProblem = onProblem;
  }

  async add(revocation: Revocation): Promise<void> {
    try {
      await mkdir(this.#dir, { recursive: true });
      // One small write at the end of the file: it is not mixed with those of other processes.
      await using file = await open(this.#path, 'a', 0o600);
      await file.write(`${JSON.stringify(fieldsOf(revocation))}\n`);
      await file.sync();
    } catch (cause) {
      throw failed('written', this.#path, cause);
    }
  }

  async readNew(): Promise<readonly Revocation[]> {
    try {
      await using file = await open(this.#path, 'r');
      const { size } = await file.stat();
      // The file was replaced by a shorter one.
      if (size < this.#read) this.#read = 0;
      if (size === this.#read) return [];
      const bytes = Buffer.alloc(size - this.#read);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#read);
      // Text after the last line break is still being written.
      const whole = bytes.subarray(0, bytes.subarray(0, bytesRead).lastIndexOf('\n') + 1);
      this.#read += whole.length;
      const lines = whole.toString().split('\n').slice(0, -1);
      return lines.flatMap((line) => this.#revocation(line) ?? []);
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
        this.#read = 0;
        return [];
      }
      throw failed('read', this.#path, cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #revocation(line: string): Revocation | undefined {
    try {
      const fields: unknown = JSON.parse(line);
      if (typeof fields !== 'object' || fields === null) throw new Error('It is not a JSON object.');
      const revocation = revocationOf({ ...fields });
      return revocation.until > Date.now() ? revocation : undefined;
    } catch (cause) {
      const message = `A line of ${this.#path} is not a revocation, and has no effect`;
      this.#onProblem({ kind: 'revocations', message, cause });
      return undefined;
    }
  }
}

function failed(what: string, path: string, cause: unknown): MillraceError {
  return new MillraceError('FANOUT_UNAVAILABLE', `The revocations cannot be ${what} at the moment.`, {
    cause: new Error(`${path} cannot be ${what}.`, { cause }),
  });
}
