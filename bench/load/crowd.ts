import { now } from '../clock.js';
import type { Asked, CrowdSpec, Received } from './api.js';
import { Connection } from './connection.js';
import { idOf, Tally } from './tally.js';

/** How many connections are made at once. */
const AT_ONCE = 100;
/** How long nothing may come before the rest is said to be lost, in milliseconds. */
const SILENCE = 60_000;

/** Subscribers that stay, and what they got. */
export class Crowd {
  readonly tally: Tally;
  readonly #spec: CrowdSpec;
  readonly #operations: readonly Asked[];
  readonly #connections: Connection[] = [];
  #lost: string | undefined;

  constructor(spec: CrowdSpec) {
    this.#spec = spec;
    this.#operations = spec.operations.flatMap((asked) => Array.from({ length: asked.count }, () => asked));
    this.tally = new Tally(this.#operations.length);
  }

  async connect(shared: Buffer): Promise<void> {
    const { perConnection } = this.#spec;
    const bases: number[] = [];
    for (let base = 0; base < this.#operations.length; base += perConnection) bases.push(base);
    const worker = async (): Promise<void> => {
      for (let base = bases.shift(); base !== undefined; base = bases.shift()) await this.#one(base, shared);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, bases.length) }, worker));
  }

  async received(frames: number): Promise<Received> {
    const { tally } = this;
    while (tally.frames < frames) {
      if (this.#lost !== undefined) throw new Error(`A connection was lost: ${this.#lost}`);
      if (now() - tally.progress > SILENCE) {
        const faults = tally.result().faults.join('; ') || 'no fault before';
        throw new Error(`${tally.frames} of ${frames} frames came, and none for a minute (${faults})`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return tally.result();
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  async #one(base: number, shared: Buffer): Promise<void> {
    const { url, perConnection, ids } = this.#spec;
    const mine = this.#operations.slice(base, base + perConnection);
    const shift = ids === 'distinct' ? 0 : base;
    const place = { base, size: mine.length, shift };
    const connection = await Connection.open(new URL(url), shared, {
      text: (bytes, start, end, at) => this.tally.frame(bytes, start, end, place, at),
      lost: (why) => {
        this.#lost = why;
      },
    });
    this.#connections.push(connection);
    for (const [i, { query, variables }] of mine.entries()) {
      connection.send({ id: idOf(base + i - shift), type: 'subscribe', payload: { query, variables } });
    }
  }
}
