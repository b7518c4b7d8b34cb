import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Order, Report } from './herd.js';

const HERD = new URL('./herd.js', import.meta.url).pathname;

/** A process full of clients. They are gone when it is disposed of. */
export class HerdProcess implements AsyncDisposable {
  readonly #child: ChildProcess = fork(HERD, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  readonly #ended = once(this.#child, 'exit');

  /** @throws when a client got what it should not have got */
  async obey<D extends Order['do']>(order: Extract<Order, { do: D }>): Promise<Extract<Report, { done: D }>> {
    const gone = this.#ended.then(([code]) => {
      throw new Error(`The herd ended with ${String(code)}`);
    });
    gone.catch(() => undefined); // It ends once it is disposed of.
    const answered = once(this.#child, 'message');
    this.#child.send(order);
    const [report] = (await Promise.race([answered, gone])) as [Report]; // The other end of herd.ts.
    if (report.done === 'failed') throw new Error(report.error);
    return report as Extract<Report, { done: D }>; // It answers one order with its own report.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}
