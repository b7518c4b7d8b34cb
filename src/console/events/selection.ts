import type { EventFilter } from '../../binding/cel/event-filter.js';
import type { Decoded } from '../../core/envelope/envelope.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import { shownHeader } from '../../core/event-metadata.js';
import type { TopicPartition } from '../../core/position.js';
import type { Headers, LogRecord } from '../../core/record.js';
import type { RecordDecoder } from '../../core/record-decoder.js';

/** What a tab does with a record. */
export type Selected =
  | { readonly is: 'SHOWN'; readonly decoded: Decoded }
  | { readonly is: 'LEFT_OUT' }
  /** The filter has no value for it. */
  | { readonly is: 'FAILED'; readonly reason: string };

/** S4: a filter that iterates is not evaluated over more data than this. */
const MAX_ITERATED_BYTES = 64 * 1024;
/** S4: how long a filter may take for one record. Usual ones take some microseconds. */
const MAX_FILTER_MS = 50;

const LEFT_OUT: Selected = { is: 'LEFT_OUT' };

/** Which records of a topic a tab shows. */
export class Selection {
  readonly #decoder: RecordDecoder;
  readonly #key: string | undefined;
  readonly #filter: EventFilter | undefined;

  constructor(decoder: RecordDecoder, key: string | undefined, filter: EventFilter | undefined) {
    this.#decoder = decoder;
    this.#key = key;
    this.#filter = filter;
  }

  /** @throws {MillraceError} BAD_REQUEST for a filter that takes too long */
  select(record: LogRecord, at: TopicPartition): Selected {
    const decoded = this.#decoder.decode(record, at);
    const event = decoded.ok ? decoded.event : undefined;
    if (this.#key !== undefined) {
      const key = event?.subject ?? (record.key === null ? undefined : shownHeader(record.key));
      if (key !== this.#key) return LEFT_OUT;
    }
    const filter = this.#filter;
    if (filter === undefined) return { is: 'SHOWN', decoded };
    const size = event?.data?.length;
    if (filter.readsEvent && size === undefined) return LEFT_OUT;
    if (filter.iterates && (size ?? 0) > MAX_ITERATED_BYTES) {
      const reason = `the filter iterates over lists, and the data has ${size} bytes: at most ${MAX_ITERATED_BYTES} are allowed`;
      return { is: 'FAILED', reason };
    }
    const key = event?.subject ?? (record.key === null ? null : shownHeader(record.key));
    const evaluate = (): Selected => {
      try {
        const data = filter.readsEvent && event ? (this.#decoder.dataOf(event) ?? undefined) : undefined;
        const { offset, timestamp, headers } = record;
        const seen = { ...at, ...event, offset, timestamp, key, headers: shownHeaders(headers) };
        return filter.matches(data, seen) ? { is: 'SHOWN', decoded } : LEFT_OUT;
      } catch (error) {
        return { is: 'FAILED', reason: messageOf(error) };
      }
    };
    const start = performance.now();
    const selected = evaluate();
    if (performance.now() - start >= MAX_FILTER_MS) assertFast(evaluate);
    return selected;
  }
}

const shownHeaders = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, shownHeader(value)]));

/** On a busy machine anything takes long now and then, and the first time takes longer: the CPU's time of a second time tells. */
function assertFast(evaluate: () => unknown): void {
  const before = process.cpuUsage();
  evaluate();
  const { user, system } = process.cpuUsage(before);
  const ms = Math.round((user + system) / 1_000);
  if (ms < MAX_FILTER_MS) return;
  throw new MillraceError(
    'BAD_REQUEST',
    `The filter took ${ms} ms for one record; ${MAX_FILTER_MS} ms are allowed. Write a simpler one.`,
  );
}
