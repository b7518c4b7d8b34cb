import { now } from '../clock.js';
import type { CrowdSpec, OperationSpec, ReceivedFrames } from './api.js';
import { Connection } from './connection.js';
import { idOf, Tally } from './tally.js';

/** How many connections are opened at the same time. */
const MAX_CONNECTING = 100;
/** How long nothing may arrive before the rest counts as lost. */
const MAX_SILENCE_MS = 60_000;

/** Subscribers that stay, and the tally of what they receive. */
export class Crowd {
  readonly tally: Tally;
  readonly #spec: CrowdSpec;
  readonly #operations: readonly OperationSpec[];
  readonly #connections: Connection[] = [];
  #lost: string | undefined;

  constructor(spec: CrowdSpec) {
    this.#spec = spec;
    this.#operations = spec.operations.flatMap((operation) =>
      Array.from({ length: operation.count }, () => operation),
    );
    this.tally = new Tally(this.#operations.length);
  }

  async connect(shared: Buffer): Promise<void> {
    const { perConnection } = this.#spec;
    const bases: number[] = [];
    for (let base = 0; base < this.#operations.length; base += perConnection) bases.push(base);
    const worker = async (): Promise<void> => {
      for (let base = bases.shift(); base !== undefined; base = bases.shift()) await this.#open(base, shared);
    };
    await Promise.all(Array.from({ length: Math.min(MAX_CONNECTING, bases.length) }, worker));
  }

  async received(frames: number): Promise<ReceivedFrames> {
    const { tally } = this;
    while (tally.frames < frames) {
      if (this.#lost !== undefined) throw new Error(`A connection was lost: ${this.#lost}`);
      if (now() - tally.progress > MAX_SILENCE_MS) {
        const faults = tally.result().faults.join('; ') || 'no fault before';
        throw new Error(`${tally.frames} of ${frames} frames arrived, and none for a minute (${faults})`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return tally.result();
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  async #open(base: number, shared: Buffer): Promise<void> {
    const { url, perConnection, ids } = this.#spec;
    const operations = this.#operations.slice(base, base + perConnection);
    const shift = ids === 'distinct' ? 0 : base;
    const slice = { base, size: operations.length, shift };
    const connection = await Connection.open(new URL(url), shared, {
      text: (bytes, start, end, at) => this.tally.frame(bytes, start, end, slice, at),
      lost: (why) => {
        this.#lost = why;
      },
    });
    this.#connections.push(connection);
    for (const [i, { query, variables }] of operations.entries()) {
      connection.send({ id: idOf(base + i - shift), type: 'subscribe', payload: { query, variables } });
    }
  }
}
