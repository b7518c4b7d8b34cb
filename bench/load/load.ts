import type { Child } from '../child.js';
import type { CrowdSpec, LoadApi, ReceivedFrames } from './api.js';

/** Controls the clients of one server, which run in the process of load/main.ts. */
export class Load {
  readonly #child: Child;
  readonly #operations: number;

  private constructor(child: Child, operations: number) {
    this.#child = child;
    this.#operations = operations;
  }

  static async connect(child: Child, spec: CrowdSpec): Promise<Load> {
    await child.call<LoadApi, 'connect'>('load', 'connect', spec);
    const operations = spec.operations.reduce((sum, { count }) => sum + count, 0);
    return new Load(child, operations);
  }

  /**
   * Runs `work`, after which each operation must have received `each` events, in order and without others.
   * @param each the number for all operations, or one number for each
   * @throws when something else arrived
   */
  async during(
    each: number | readonly number[],
    work: () => Promise<unknown> | unknown,
    { latencies = false } = {},
  ): Promise<ReceivedFrames> {
    await this.#child.call<LoadApi, 'mark'>('load', 'mark', { latencies });
    const expected = typeof each === 'number' ? Array<number>(this.#operations).fill(each) : each;
    const frames = expected.reduce((sum, count) => sum + count, 0);
    const [received] = await Promise.all([
      this.#child.call<LoadApi, 'received'>('load', 'received', frames),
      work(),
    ]);
    const wrong = received.counts.findIndex((count, i) => count !== expected[i]);
    const faults = [...received.faults];
    if (wrong >= 0)
      faults.push(`operation ${wrong} received ${received.counts[wrong]} events, not ${expected[wrong]}`);
    if (faults.length > 0) throw new Error(`The subscribers received something wrong: ${faults.join('; ')}`);
    return received;
  }

  /** The highest event number that every operation has reached; -1 while one has none. */
  reached(): Promise<number> {
    return this.#child.call<LoadApi, 'reached'>('load', 'reached', undefined);
  }

  sample(): Promise<string> {
    return this.#child.call<LoadApi, 'sample'>('load', 'sample', undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.call<LoadApi, 'close'>('load', 'close', undefined);
    await this.#child[Symbol.asyncDispose]();
  }
}
