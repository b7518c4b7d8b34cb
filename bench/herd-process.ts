import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { HerdCommand, HerdReply } from './herd.js';

const HERD = new URL('./herd.js', import.meta.url).pathname;

/** A process full of clients. Disposing ends it. */
export class HerdProcess implements AsyncDisposable {
  readonly #child: ChildProcess = fork(HERD, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  readonly #ended = once(this.#child, 'exit');

  /** Runs a command. @throws when a client received something wrong */
  async run<D extends HerdCommand['do']>(
    command: Extract<HerdCommand, { do: D }>,
  ): Promise<Extract<HerdReply, { done: D }>> {
    const gone = this.#ended.then(([code]) => {
      throw new Error(`The process of the herd ended with ${String(code)}`);
    });
    gone.catch(() => undefined); // It ends once it is disposed of.
    const answered = once(this.#child, 'message');
    this.#child.send(command);
    const [report] = (await Promise.race([answered, gone])) as [HerdReply]; // herd.ts sends these.
    if (report.done === 'failed') throw new Error(report.error);
    return report as Extract<HerdReply, { done: D }>; // Each command has its own reply.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}
