import { type EventsParts, eventsPage } from '../../../src/console/events/events.js';
import type { EventBatch } from '../../../src/console/events/feed.js';
import type { EventRow } from '../../../src/console/events/row.js';
import type { ConsoleContext, Payload } from '../../../src/console/page.js';

/** What a tab has read: rows, sums, and where it is. */
export interface Read {
  readonly rows: readonly EventRow[];
  readonly batches: readonly EventBatch[];
  readonly read: number;
  readonly matched: number;
  readonly failed: number;
  readonly cursor: string | undefined;
}

/** The page of events, called as the console's schema does. */
export class Tab {
  readonly #page;

  constructor(parts: EventsParts) {
    this.#page = eventsPage(parts);
  }

  query<T>(name: string, args: object, signal = AbortSignal.timeout(60_000)): Promise<T> {
    return Promise.resolve(this.#resolver('Query', name)(args, context(signal, undefined))) as Promise<T>;
  }

  #resolver(root: 'Query' | 'Subscription', name: string) {
    const resolve = this.#page[root]?.[name];
    if (resolve === undefined) throw new Error(`The page has no ${root}.${name}`);
    return (args: object, of: ConsoleContext): unknown => resolve({ ...args }, of);
  }

  /** Reads until `isDone`, then leaves. */
  async read(
    args: object,
    isDone: (read: Read) => boolean,
    after?: string,
    onBatch: (batch: EventBatch) => Promise<void> | void = () => undefined,
  ): Promise<Read> {
    const leave = new AbortController();
    const signal = AbortSignal.any([leave.signal, AbortSignal.timeout(60_000)]);
    const source = await this.#resolver('Subscription', 'events')(args, context(signal, after));
    let read: Read = { rows: [], batches: [], read: 0, matched: 0, failed: 0, cursor: after };
    for await (const { data, cursor } of source as AsyncIterable<Payload<EventBatch>>) {
      read = {
        rows: [...read.rows, ...data.rows],
        batches: [...read.batches, data],
        read: read.read + data.read,
        matched: read.matched + data.matched,
        failed: read.failed + data.failed,
        cursor,
      };
      await onBatch(data);
      if (isDone(read)) break;
    }
    leave.abort();
    return read;
  }
}

export const isAtEnd = ({ batches }: Read): boolean => batches.at(-1)?.isAtEnd === true;

const context = (signal: AbortSignal, after: string | undefined): ConsoleContext => ({
  identity: { claims: {}, expiresAt: undefined },
  signal,
  after,
});
