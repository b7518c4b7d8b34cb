import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A program that answers each line of JSON with one. One request at a time. */
export class LineProgram implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;
  #errors = '';

  /** @param name for messages */
  constructor(name: string, [command, ...args]: readonly [string, ...string[]]) {
    this.#name = name;
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#ended = once(this.#child, 'exit');
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors = (this.#errors + chunk).slice(-4_000);
    });
    this.#child.stdin.on('error', () => undefined); // It ended; the answers end too, and say why.
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(request: unknown): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.#answers.next();
    if (done) throw new Error(`${this.#name} ended without an answer:\n${this.#errors}`);
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}
