import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'graphql-ws';
import type { Accepted, Appended } from '../../support/appended.js';
import { append, mutationClient } from '../../support/mutations.js';
import { SAY } from './world.js';

export interface WritersOptions {
  readonly rooms?: number;
  /** Milliseconds between an answer and the next mutation. */
  readonly gap?: number;
  /** Whether each mutation has an idempotency key, and is retried until it succeeds. */
  readonly keys?: boolean;
}

/**
 * One writer for each room. It runs one mutation after the other, whether they succeed or not, until it is stopped. So the
 * accepted events of a room must be in the order of their mutations.
 */
export class Writers implements AsyncDisposable {
  /** The events of successful mutations by room, in the order of the mutations. */
  readonly accepted = new Map<string, Accepted[]>();
  /** The error's code, and the milliseconds until it arrived. */
  readonly refused: { readonly code: string; readonly after: number }[] = [];
  readonly #client: Client;
  readonly #appended: Appended;
  readonly #options: Required<WritersOptions>;
  readonly #said: { readonly room: string; readonly text: string }[] = [];
  readonly #work: Promise<unknown>;
  #stopped = false;

  constructor(url: string, appended: Appended, { rooms = 12, gap = 5, keys = false }: WritersOptions = {}) {
    this.#client = mutationClient(url);
    this.#appended = appended;
    this.#options = { rooms, gap, keys };
    this.#work = this.#inEachRoom((room) => this.#write(room));
  }

  /** How many mutations have succeeded. */
  get count(): number {
    return [...this.accepted.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Resolves once every mutation in flight has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
  }

  /** After `stop`: retries every mutation once, like a client that did not get the answer. */
  async repeat(): Promise<void> {
    await this.#inEachRoom(async (room) => {
      for (const said of this.#said) if (said.room === room) await this.#retryUntilAccepted(room, said.text);
    });
  }

  #inEachRoom(work: (room: string) => Promise<void>): Promise<unknown> {
    return Promise.all(Array.from({ length: this.#options.rooms }, (_, i) => work(`room-${i}`)));
  }

  async #write(room: string): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const text = `${room}, no. ${n}`;
      this.#said.push({ room, text });
      if (this.#options.keys) await this.#retryUntilAccepted(room, text);
      else await this.#say(room, text);
      await pause(this.#options.gap);
    }
  }

  async #retryUntilAccepted(room: string, text: string): Promise<void> {
    while (!(await this.#say(room, text))) await pause(this.#options.gap);
  }

  async #say(room: string, text: string): Promise<boolean> {
    const { keys } = this.#options;
    const began = performance.now();
    try {
      const extensions = keys ? { idempotencyKey: text } : {};
      const event = await append(this.#client, SAY, { room, text }, extensions);
      // If an event was written twice, subscribers see the first one, and the answer may have the position of the second.
      this.#appended.accept(keys ? { ...event, offset: -1 } : event);
      this.accepted.set(room, [...(this.accepted.get(room) ?? []), event]);
      return true;
    } catch (error) {
      const code = /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error);
      if (code === 'PUBLISH_UNCERTAIN') this.#appended.uncertain.add(text);
      this.refused.push({ code, after: performance.now() - began });
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#client.dispose();
  }
}

/** D3: one line for each event that is not in the log in the order of its writer's mutations. */
export function disorder({ accepted }: Writers): readonly string[] {
  return [...accepted].flatMap(([room, events]) =>
    events.flatMap((event, i) => {
      const before = events[i - 1];
      if (before === undefined || (event.partition === before.partition && event.offset > before.offset))
        return [];
      const [now, then] = [event, before].map(({ partition, offset }) => `${partition}/${offset}`);
      return [`${room}: ${now} was published after ${then}`];
    }),
  );
}
