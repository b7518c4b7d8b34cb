import { setTimeout as pause } from 'node:timers/promises';
import { Appended } from './appended.js';
import { append, mutationClient } from './mutations.js';

/** Sends mutations from several clients, one after the other each, until it is stopped. Failures do not stop it. */
export class Stream implements AsyncDisposable {
  /** The ids of the events of those that succeeded. */
  readonly accepted: string[] = [];
  /** The same with where they are, and those of which nobody knows. */
  readonly appended: Appended;
  /** The failed ones: the error's code, and after how many milliseconds. */
  readonly refused: { readonly code: string; readonly after: number }[] = [];
  readonly #client;
  readonly #work: Promise<unknown>;
  readonly #padding: string;
  readonly #name: string;
  #sent = 0;
  #stopped = false;

  /**
   * @param options.bytes how large the text of each is at least
   * @param options.appended where to tell what was appended, when several streams of one test share it
   */
  constructor(
    url: string,
    query: string,
    { clients = 8, gap = 5, bytes = 0, appended = new Appended(), name = 'no.' } = {},
  ) {
    this.#client = mutationClient(url);
    this.#padding = bytes === 0 ? '' : ` ${'.'.repeat(bytes)}`;
    this.#name = name;
    this.appended = appended;
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
      const text = `${this.#name} ${n}${this.#padding}`;
      try {
        const event = await append(this.#client, query, { room: `room-${n % 17}`, text });
        this.accepted.push(event.id);
        this.appended.accept(event);
      } catch (error) {
        const code = /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error);
        // Without an answer of the gateway's own (the line broke) nobody knows either.
        if (code === 'PUBLISH_UNCERTAIN' || !String(error).includes('"code":"'))
          this.appended.uncertain.add(text);
        this.refused.push({ code, after: performance.now() - began });
      }
      await pause(gap); // So that the stream is one of users, not a benchmark.
    }
  }
}
