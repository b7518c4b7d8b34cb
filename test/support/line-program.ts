import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** How long an answer may take, in milliseconds. */
const CEILING = 60_000;
/** How long a program may take to say where it is stuck, in milliseconds. */
const LAST_WORDS = 2_000;

/**
 * A program that answers each line of JSON with a line, one request at a time. If it does not answer, it is killed, and the next
 * request starts another: it spoils one test, and not all that follow.
 */
export class LineProgram implements AsyncDisposable {
  readonly #name: string;
  readonly #command: readonly [string, ...string[]];
  #running: Running | undefined;

  /** @param name for messages */
  constructor(name: string, command: readonly [string, ...string[]]) {
    this.#name = name;
    this.#command = command;
    this.#running = new Running(command);
  }

  async ask(request: unknown): Promise<unknown> {
    this.#running ??= new Running(this.#command);
    const running = this.#running;
    const answer = await running.ask(JSON.stringify(request));
    if (answer !== undefined && !answer.done) return JSON.parse(answer.value);
    this.#running = undefined;
    const state = answer?.done ? 'ended without an answer' : `did not answer within ${CEILING / 1_000} s`;
    await running.stop('SIGQUIT'); // Python with `faulthandler`, Go and Java say where they are.
    throw new Error(`${this.#name} ${state} to ${JSON.stringify(request)}:\n${running.errors}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.stop('SIGTERM');
  }
}

class Running {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string, undefined>;
  readonly #ended: Promise<unknown>;
  #errors = '';

  constructor([command, ...args]: readonly [string, ...string[]]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#ended = once(this.#child, 'exit');
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors = (this.#errors + chunk).slice(-4_000);
    });
    this.#child.stdin.on('error', () => undefined); // It ended; the answers end too, and say why.
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  get errors(): string {
    return this.#errors;
  }

  /** @returns `done`: it ended. `undefined`: there was no answer in time */
  async ask(line: string): Promise<IteratorResult<string, undefined> | undefined> {
    this.#child.stdin.write(`${line}\n`);
    const waiting = new AbortController();
    const late = pause(CEILING, undefined, { signal: waiting.signal }).catch(() => undefined);
    const answer = await Promise.race([this.#answers.next(), late]);
    waiting.abort();
    return answer;
  }

  async stop(signal: 'SIGTERM' | 'SIGQUIT'): Promise<void> {
    this.#child.stdin.end();
    this.#child.kill(signal);
    await Promise.race([this.#ended, pause(LAST_WORDS)]);
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
