import type { Child } from '../child.js';
import type { CrowdSpec, LoadApi, Received } from './api.js';

/** The clients of one server: here is what they are asked to do, load/main.ts does it. */
export class Load {
  readonly #child: Child;
  readonly #operations: number;

  private constructor(child: Child, operations: number) {
    this.#child = child;
    this.#operations = operations;
  }

  static async connect(child: Child, spec: CrowdSpec): Promise<Load> {
    await child.ask<LoadApi, 'connect'>('load', 'connect', spec);
    const operations = spec.operations.reduce((sum, { count }) => sum + count, 0);
    return new Load(child, operations);
  }

  /**
   * Does `work`, after which each operation must have got `each` events: these, in order, and no other.
   * @param each how many; or for each operation its own number
   * @throws when that is not what came
   */
  async during(
    each: number | readonly number[],
    work: () => Promise<unknown> | unknown,
    { latencies = false } = {},
  ): Promise<Received> {
    await this.#child.ask<LoadApi, 'mark'>('load', 'mark', { latencies });
    const expected = typeof each === 'number' ? Array<number>(this.#operations).fill(each) : each;
    const frames = expected.reduce((sum, count) => sum + count, 0);
    const [received] = await Promise.all([
      this.#child.ask<LoadApi, 'received'>('load', 'received', frames),
      work(),
    ]);
    const wrong = received.counts.findIndex((count, i) => count !== expected[i]);
    const faults = [...received.faults];
    if (wrong >= 0)
      faults.push(`operation ${wrong} got ${received.counts[wrong]} events, not ${expected[wrong]}`);
    if (faults.length > 0) throw new Error(`What the subscribers got is wrong: ${faults.join('; ')}`);
    return received;
  }

  /** The number of the event that every operation has got; -1 while one has none. */
  reached(): Promise<number> {
    return this.#child.ask<LoadApi, 'reached'>('load', 'reached', undefined);
  }

  sample(): Promise<string> {
    return this.#child.ask<LoadApi, 'sample'>('load', 'sample', undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.ask<LoadApi, 'close'>('load', 'close', undefined);
    await this.#child[Symbol.asyncDispose]();
  }
}
