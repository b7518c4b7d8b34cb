import { setMaxListeners } from 'node:events';
import type { Bindings } from '../../binding/bindings.js';
import type { ResolverMap } from '../../binding/runtime/resolvers.js';
import { Deadline } from '../../core/deadline.js';
import { MillraceError } from '../../core/errors.js';
import { isTopicName, offset, type Partition, partition, type Topic, topic } from '../../core/ids.js';
import type { TopicFormats } from '../../core/topic-format.js';
import { readableDeadLetterTopics } from '../../dead-letters/topic-name.js';
import type { EventLog } from '../../ports/event-log.js';
import { earliestRetained } from '../../ports/retained.js';
import type { ConsoleContext, ConsolePage, Payload } from '../page.js';
import { readBackwards } from './backwards.js';
import { CpuShare } from './cpu-share.js';
import { Feed } from './feed.js';
import { Filters } from './filters.js';
import { Lanes } from './lanes.js';
import { type Pace, Pacer } from './pace.js';
import { vectorText } from './position-vector.js';
import { wholeRecord } from './row.js';
import { Selection } from './selection.js';
import { ShownDecoder } from './shown-decoder.js';
import { type EventStart, eachPartition, type OpenTopic, openTopic, positionIn } from './start.js';
import { TopicEnds } from './topic-ends.js';
import { assertShown, formatsWithDeadLetters, listTopics, problemOf } from './topic-list.js';
import { TopicReads } from './topic-reads.js';
import { volumeOf } from './volume.js';

/** What the page of events is made from. */
export interface EventsParts {
  readonly log: EventLog;
  readonly bindings: Bindings;
  readonly resolvers: ResolverMap;
  readonly formats: TopicFormats;
  /** Those of the schema, and those that services and views read. */
  readonly topics: readonly Topic[];
  readonly deadLetterSuffix: string;
}

interface Chosen {
  readonly topic: string;
  readonly filter?: string | null;
  readonly key?: string | null;
  readonly partitions?: readonly number[] | null;
}

interface EventsArgs extends Chosen {
  readonly from?: EventStart | null;
  readonly until?: string | null;
  readonly limit?: number | null;
  readonly pace?: { readonly speed?: number | null; readonly perSecond?: number | null } | null;
}

const DEFAULT_NEWEST = 200;
const MAX_LIMIT = 1_000;
const MAX_BUCKETS = 200;
const MAX_PER_SECOND = 1_000;
/** S4: how many subscriptions of a node read topics. */
const MAX_FEEDS = 64;
/** S4: how long one question to the log may take. */
const DEADLINE_MS = 10_000;

/** The page that shows the records of a topic. */
export function eventsPage(parts: EventsParts): ConsolePage {
  const page = new EventsPage(parts);
  // The SDL has coerced all arguments.
  return {
    Query: {
      eventTopics: (_args, { signal }) => within(signal, (limited) => listTopics(parts, limited)),
      eventFilter: (args) => page.checkFilter(args as { topic: string; filter: string }),
      eventsBefore: (args, { signal }) =>
        within(signal, (limited) =>
          page.before(args as unknown as Chosen & { before: string; limit: number }, limited),
        ),
      eventRecord: (args, { signal }) =>
        within(signal, (limited) =>
          page.record(args as { topic: string; partition: number; offset: number }, limited),
        ),
      eventVolume: (args, { signal }) =>
        within(signal, (limited) =>
          page.volume(args as { topic: string; from?: string; to?: string; buckets: number }, limited),
        ),
    },
    Subscription: { events: (args, context) => page.events(args as unknown as EventsArgs, context) },
  };
}

class EventsPage {
  readonly #parts: EventsParts;
  readonly #decoder: ShownDecoder;
  readonly #filters: Filters;
  readonly #reads: TopicReads;
  readonly #ends: TopicEnds;
  readonly #cpu = new CpuShare();
  #feeds = 0;

  constructor(parts: EventsParts) {
    const { log, bindings, resolvers, formats, topics, deadLetterSuffix } = parts;
    this.#parts = parts;
    this.#decoder = new ShownDecoder(formatsWithDeadLetters(formats, deadLetterSuffix));
    const letters = new Map(
      topics.flatMap((of) =>
        readableDeadLetterTopics(of, deadLetterSuffix).map((name) => [String(name), of]),
      ),
    );
    this.#filters = new Filters(bindings, resolvers, (name) => letters.get(name));
    // The log itself ends what is read of it when it is closed.
    const open = manyListeners(new AbortController().signal);
    this.#reads = new TopicReads(log, this.#decoder, open);
    this.#ends = new TopicEnds(log, open);
  }

  checkFilter({ topic: name, filter }: { topic: string; filter: string }) {
    return this.#filters.check(name, filter);
  }

  async before(args: Chosen & { readonly before: string; readonly limit: number }, signal: AbortSignal) {
    const open = await this.#open(args, signal);
    const before = positionIn(open, args.before);
    const found = await this.#backwards(open, args, before, bounded(args.limit), signal);
    return { ...found, from: vectorText({ topicId: open.topicId, next: found.from }) };
  }

  async record(
    { topic: name, partition: number, offset: at }: { topic: string; partition: number; offset: number },
    signal: AbortSignal,
  ) {
    const of = topicOf(name);
    const range = { topic: of, partition: partition(number), from: offset(at), until: offset(at + 1) };
    const { bounds } = await openTopic(this.#parts.log, of, [number], signal);
    const known = bounds[number];
    if (known === undefined || at < known.earliest || at >= known.end) return null;
    try {
      for await (const { records } of this.#parts.log.read(range, signal)) {
        const record = records.find((one) => one.offset === at);
        if (record === undefined) continue;
        await this.#decoder.prepare(of, [record], signal)?.catch(() => undefined);
        return wholeRecord(record, number, this.#decoder.decode(record, range));
      }
    } catch (error) {
      if (earliestRetained(error) === undefined) throw error;
    }
    return null;
  }

  volume(
    {
      topic: name,
      from,
      to,
      buckets,
    }: { topic: string; from?: string | null; to?: string | null; buckets: number },
    signal: AbortSignal,
  ) {
    const end = timeOf(to) ?? Date.now();
    const begin = timeOf(from);
    if (begin !== undefined && begin >= end)
      throw new MillraceError('BAD_REQUEST', '`from` is not before `to`.');
    const options = {
      topic: topicOf(name),
      from: begin,
      to: end,
      buckets: Math.min(MAX_BUCKETS, Math.max(1, buckets)),
    };
    return volumeOf({ ...options, log: this.#parts.log }, signal);
  }

  async *events(args: EventsArgs, { signal, after }: ConsoleContext): AsyncGenerator<Payload> {
    if (this.#feeds >= MAX_FEEDS)
      throw new MillraceError(
        'OVERLOADED',
        `${MAX_FEEDS} pages read topics on this node. Close one of them.`,
      );
    this.#feeds += 1;
    try {
      const open = await within(signal, (limited) => this.#open(args, limited));
      const selection = this.#selection(args);
      const { from, until, limit, pace } = args;
      const start =
        after === undefined
          ? await within(signal, (limited) => this.#start(open, args, from ?? {}, limited))
          : positionIn(open, after);
      const lanes = new Lanes(open.topicId, start);
      const paced = pace && paceOf(pace);
      const feed = new Feed({
        ...{ topic: open.topic, isRead: open.isRead, lanes, selection, signal },
        ...{ reads: this.#reads, ends: this.#ends, cpu: this.#cpu },
        known: { ends: open.bounds.map(({ end }) => end), asOf: new Date() },
        until: timeOf(until),
        limit: limit === null || limit === undefined ? undefined : bounded(limit),
        pacer: paced ? new Pacer(paced) : undefined,
      });
      yield* feed.batches();
    } catch (error) {
      if (signal.aborted) return;
      throw shownError(error);
    } finally {
      this.#feeds -= 1;
    }
  }

  #open({ topic: name, partitions }: Chosen, signal: AbortSignal): Promise<OpenTopic> {
    return openTopic(this.#parts.log, topicOf(name), partitions, signal);
  }

  #selection({ topic: name, filter, key }: Chosen): Selection {
    return new Selection(this.#decoder, key ?? undefined, this.#filters.compile(name, filter));
  }

  async #start(open: OpenTopic, args: Chosen, from: EventStart, signal: AbortSignal) {
    const { time, position, earliest, newest } = from;
    if (position !== null && position !== undefined) return positionIn(open, position);
    if (earliest === true) return eachPartition(open, (bounds) => bounds.earliest);
    const since = timeOf(time);
    if (since !== undefined) {
      const numbers = [...eachPartition(open, ({ end }) => end).keys()];
      const { log } = this.#parts;
      const found = await Promise.all(
        numbers.map(async (one) => [one, await log.offsetAt(open.topic, one, since, signal)] as const),
      );
      return new Map(found);
    }
    const ends = eachPartition(open, ({ end }) => end);
    const count = newest ?? DEFAULT_NEWEST;
    if (count <= 0) return ends;
    return (await this.#backwards(open, args, ends, bounded(count), signal)).from;
  }

  #backwards(
    open: OpenTopic,
    args: Chosen,
    before: ReadonlyMap<Partition, ReturnType<typeof offset>>,
    limit: number,
    signal: AbortSignal,
  ) {
    const { topic: of, topicId, bounds } = open;
    const selection = this.#selection(args);
    return readBackwards({
      ...{ topic: of, topicId, bounds, before, limit, selection, signal },
      ...{ reads: this.#reads, cpu: this.#cpu },
    });
  }
}

/** @throws {MillraceError} BAD_REQUEST */
function topicOf(name: string): Topic {
  if (!isTopicName(name)) throw new MillraceError('BAD_REQUEST', 'This is not the name of a topic.');
  assertShown(name);
  return topic(name);
}

const bounded = (limit: number): number => Math.min(MAX_LIMIT, Math.max(1, limit));

/** The SDL has checked it to be RFC 3339. Milliseconds, which is what records have. */
function timeOf(text: string | null | undefined): number | undefined {
  const time = text === null || text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** @throws {MillraceError} BAD_REQUEST */
function paceOf({ speed, perSecond }: NonNullable<EventsArgs['pace']>): Pace | undefined {
  const rate = speed ?? perSecond;
  if (rate === null || rate === undefined) return undefined;
  if (!(rate > 0 && rate < Number.POSITIVE_INFINITY))
    throw new MillraceError('BAD_REQUEST', 'A pace is a number above 0.');
  return speed === rate ? { speed } : { perSecond: Math.min(rate, MAX_PER_SECOND) };
}

/** S4: ends a question that the log does not answer in time, and says so. */
async function within<T>(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using deadline = new Deadline(DEADLINE_MS);
  try {
    return await ask(manyListeners(AbortSignal.any([signal, deadline.signal])));
  } catch (error) {
    if (deadline.signal.aborted && !signal.aborted)
      throw new MillraceError(
        'LOG_UNAVAILABLE',
        `The log has not answered within ${DEADLINE_MS / 1_000} s. Try again.`,
        {
          cause: error,
        },
      );
    throw shownError(error);
  }
}

/** Each partition that waits for its turn adds one. That is not a leak: it needs no warning. */
function manyListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

/** A reader of the console is an operator, who can mend what Kafka refuses: the sentence says what to do. */
function shownError(error: unknown): unknown {
  const isRefused = error instanceof MillraceError && error.code === 'LOG_UNAVAILABLE';
  return isRefused ? new MillraceError('LOG_UNAVAILABLE', problemOf(error), { cause: error }) : error;
}
