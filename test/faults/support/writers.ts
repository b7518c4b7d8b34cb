import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'graphql-ws';
import type { Accepted, Appended } from '../../support/appended.js';
import { append, mutationClient } from '../../support/mutations.js';
import { SAY } from './world.js';

export interface WritersOptions {
  readonly rooms?: number;
  /** Milliseconds between an answer and the next mutation: users, not a benchmark. */
  readonly gap?: number;
  /** Each mutation has an idempotency key, and is repeated until it succeeds. */
  readonly keys?: boolean;
}

/**
 * One writer for each room, which says one thing after the other whatever comes of them, until it is
 * stopped. What was accepted for a room is therefore in the order in which it was said.
 */
export class Writers implements AsyncDisposable {
  /** By room, in the order in which it was said. */
  readonly accepted = new Map<string, Accepted[]>();
  /** The error's code, and after how many milliseconds it came. */
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

  /** Resolves once every mutation under way has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
  }

  /** After `stop`: every mutation once more, as one does that did not get its answer. */
  async repeat(): Promise<void> {
    await this.#inEachRoom(async (room) => {
      for (const said of this.#said) if (said.room === room) await this.#insist(room, said.text);
    });
  }

  #inEachRoom(work: (room: string) => Promise<void>): Promise<unknown> {
    return Promise.all(Array.from({ length: this.#options.rooms }, (_, i) => work(`room-${i}`)));
  }

  async #write(room: string): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const text = `${room}, no. ${n}`;
      this.#said.push({ room, text });
      if (this.#options.keys) await this.#insist(room, text);
      else await this.#say(room, text);
      await pause(this.#options.gap);
    }
  }

  async #insist(room: string, text: string): Promise<void> {
    while (!(await this.#say(room, text))) await pause(this.#options.gap);
  }

  async #say(room: string, text: string): Promise<boolean> {
    const { keys } = this.#options;
    const began = performance.now();
    try {
      const extensions = keys ? { idempotencyKey: text } : {};
      const event = await append(this.#client, SAY, { room, text }, extensions);
      // Of an event that was written twice, subscribers see the first: the answer may speak of the second.
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

/** D3: what one writer said of one key has to be in the log in the order in which it was said. */
export function disorder({ accepted }: Writers): readonly string[] {
  return [...accepted].flatMap(([room, events]) =>
    events.flatMap((event, i) => {
      const before = events[i - 1];
      if (before === undefined || (event.partition === before.partition && event.offset > before.offset))
        return [];
      const [now, then] = [event, before].map(({ partition, offset }) => `${partition}/${offset}`);
      return [`${room}: ${now} was said after ${then}`];
    }),
  );
}
