import { setTimeout as pause } from 'node:timers/promises';
import { mutate, mutationClient } from './mutations.js';

/** Mutations one after the other from several clients, whatever comes of them, until it is stopped. */
export class Stream implements AsyncDisposable {
  /** The ids of the events of those that succeeded. */
  readonly accepted: string[] = [];
  /** Those that did not: the error's code, and after how many milliseconds it came. */
  readonly refused: { readonly code: string; readonly after: number }[] = [];
  readonly #client;
  readonly #work: Promise<unknown>;
  #sent = 0;
  #stopped = false;

  constructor(url: string, query: string, { clients = 8, gap = 5 } = {}) {
    this.#client = mutationClient(url);
    this.#work = Promise.all(Array.from({ length: clients }, () => this.#run(query, gap)));
  }

  /** Resolves once every mutation under way has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#client.dispose();
  }

  async #run(query: string, gap: number): Promise<void> {
    while (!this.#stopped) {
      const n = this.#sent++;
      const began = performance.now();
      try {
        this.accepted.push(await mutate(this.#client, query, { room: `room-${n % 17}`, text: `no. ${n}` }));
      } catch (error) {
        const code = /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error);
        this.refused.push({ code, after: performance.now() - began });
      }
      await pause(gap); // So that the stream is one of users, not a benchmark.
    }
  }
}
