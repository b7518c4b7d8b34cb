import type { CursorCodec, PartitionPosition, Positions } from '../../core/cursor.js';
import type { Relayed } from '../../core/event.js';
import type { EventId, Partition } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import { type OpenHead, type SharedResult, sharedResultOf } from '../delivery/result-layout.js';
import type { Cohort } from './cohort.js';
import { ParsedEvent, reachedBy } from './parsed-event.js';

/** What a cohort rendered of one event. */
export interface RenderedEvent {
  /** The position of a subscriber that has it. */
  readonly reached: PartitionPosition;
  /** The open head, in UTF-8: concatenated strings take several times as much. `undefined`: filtered out. */
  readonly head: Buffer | undefined;
  /** The event's timestamp. */
  readonly timestamp: number;
  readonly renderedAt: number;
  /** Whole results for subscribers at the same positions in other partitions, the newest first. */
  readonly results: { readonly others: string; readonly result: SharedResult }[];
}

/** Events with neighbouring offsets share a page, so that the cache orders and evicts many at once. */
const EVENTS_PER_PAGE = 64;
/** What a page and an event take besides the bytes of heads and results. */
const PAGE_OVERHEAD_BYTES = 1_000;
const EVENT_OVERHEAD_BYTES = 300;
/** For how many different positions in other partitions an event's whole results are kept. */
const MAX_RESULTS_PER_EVENT = 4;
/** C4: what the replay cache of a node holds. */
const MAX_CACHE_BYTES = 32 << 20;
/** Resolvers may depend on more than the event, so what they made is shared only for this long. */
const RESOLVED_TTL_MS = 1_000;

/** The event at one offset. `id` and `timestamp` tell it from another one at the same offset of a recreated topic. */
interface CachedEvent {
  readonly id: EventId;
  readonly timestamp: number;
  readonly rendered: RenderedEvent | Promise<RenderedEvent>;
}

interface CachePage {
  readonly owner: CohortReplayCache;
  readonly partition: Partition;
  readonly number: number;
  readonly events: Map<number, CachedEvent>;
  bytes: number;
}

/**
 * What cohorts rendered of the events that are being replayed. A thousand clients that reconnect cost one
 * execution and one serialisation of each event, as they do when they are live (C1). At the bound the least
 * recently used page is evicted, and rendered again if somebody needs it (C4).
 */
export class ReplayCache {
  readonly #maxBytes: number;
  readonly #cohorts = new Map<Cohort, CohortReplayCache>();
  /** Least recently used first. */
  readonly #pages = new Set<CachePage>();
  #mostRecent: CachePage | undefined;
  #bytes = 0;
  readonly codec: CursorCodec;
  readonly now: () => number;

  /** @param now a monotonic clock, in milliseconds */
  constructor(codec: CursorCodec, maxBytes = MAX_CACHE_BYTES, now: () => number = () => performance.now()) {
    this.codec = codec;
    this.#maxBytes = maxBytes;
    this.now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  of(cohort: Cohort): CohortReplayCache {
    const known = this.#cohorts.get(cohort);
    if (known !== undefined) return known;
    const created = new CohortReplayCache(cohort, this);
    this.#cohorts.set(cohort, created);
    return created;
  }

  /** The cohort has no members any more. */
  forget(cohort: Cohort): void {
    const forgotten = this.#cohorts.get(cohort);
    this.#cohorts.delete(cohort);
    for (const page of forgotten?.pages ?? []) this.#evict(page);
  }

  /** A page was read or written. */
  used(page: CachePage): void {
    if (page === this.#mostRecent) return;
    this.#mostRecent = page;
    this.#pages.delete(page);
    this.#pages.add(page);
  }

  /** A page holds so many bytes more. */
  grew(page: CachePage, bytes: number): void {
    // A slow resolver may answer after its page was evicted.
    if (!this.#pages.has(page)) return;
    page.bytes += bytes;
    this.#bytes += bytes;
    for (const oldest of this.#pages) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#evict(oldest);
    }
  }

  #evict(page: CachePage): void {
    if (!this.#pages.delete(page)) return;
    if (page === this.#mostRecent) this.#mostRecent = undefined;
    this.#bytes -= page.bytes;
    page.owner.evicted(page);
  }
}

/** What one cohort rendered. */
export class CohortReplayCache {
  readonly cohort: Cohort;
  readonly #cache: ReplayCache;
  readonly #pages = new Map<Partition, Map<number, CachePage>>();

  constructor(cohort: Cohort, cache: ReplayCache) {
    this.cohort = cohort;
    this.#cache = cache;
  }

  /** Renders the event, at most once. A promise when resolvers are slow. Hot path (bench: resume). */
  of(at: TopicPartition, relayed: Relayed): RenderedEvent | Promise<RenderedEvent> {
    const page = this.#page(at.partition, relayed.offset);
    const known = page.events.get(relayed.offset);
    if (known !== undefined && this.#isValid(known, relayed)) return known.rendered;
    const event = new ParsedEvent(at, relayed);
    const head = this.cohort.render(event);
    if (!(head instanceof Promise)) return this.#keep(page, event, head);
    const pending = head.then((done) => this.#keep(page, event, done));
    this.#enter(page, relayed, pending);
    return pending;
  }

  /** The whole result for a subscriber at `positions`; `others` stands for those in other partitions. */
  result(
    { partition }: TopicPartition,
    rendered: RenderedEvent,
    others: string,
    positions: Positions,
  ): SharedResult | undefined {
    const { head, reached, results } = rendered;
    if (head === undefined) return undefined;
    for (const known of results) if (known.others === others) return known.result;
    const position = this.cohort.positionOf(positions, rendered.timestamp);
    const cursor = this.#cache.codec.position(this.cohort.topic, position);
    const result = sharedResultOf(head, cursor);
    results.unshift({ others, result });
    const dropped = results.length > MAX_RESULTS_PER_EVENT ? results.pop() : undefined;
    const page = this.#pages.get(partition)?.get(pageOf(reached.offset));
    // The page may have been evicted since, and the event rendered again: then these bytes are nobody's.
    if (page?.events.get(reached.offset)?.rendered === rendered) {
      this.#cache.grew(page, result.head.length - (dropped?.result.head.length ?? 0));
    }
    return result;
  }

  get pages(): readonly CachePage[] {
    return [...this.#pages.values()].flatMap((pages) => [...pages.values()]);
  }

  /** The cache evicted the page. */
  evicted({ partition, number }: CachePage): void {
    this.#pages.get(partition)?.delete(number);
  }

  #keep(page: CachePage, event: ParsedEvent, text: OpenHead | undefined): RenderedEvent {
    const rendered = {
      reached: reachedBy(event),
      head: text === undefined ? undefined : Buffer.from(text),
      timestamp: event.relayed.timestamp,
      renderedAt: this.#cache.now(),
      results: [],
    };
    this.#enter(page, event.relayed, rendered);
    return rendered;
  }

  #enter(
    page: CachePage,
    { offset, timestamp, event: { id } }: Relayed,
    rendered: CachedEvent['rendered'],
  ): void {
    const before = cachedBytes(page.events.get(offset));
    const cached = { id, timestamp, rendered };
    page.events.set(offset, cached);
    this.#cache.grew(page, cachedBytes(cached) - before);
  }

  #isValid({ id, timestamp, rendered }: CachedEvent, relayed: Relayed): boolean {
    if (id !== relayed.event.id || timestamp !== relayed.timestamp) return false;
    if (rendered instanceof Promise || !this.cohort.plan.resolvers) return true;
    return this.#cache.now() - rendered.renderedAt <= RESOLVED_TTL_MS;
  }

  #page(partition: Partition, at: number): CachePage {
    const number = pageOf(at);
    const pages = this.#pages.get(partition) ?? new Map<number, CachePage>();
    this.#pages.set(partition, pages);
    let page = pages.get(number);
    if (page === undefined) {
      page = { owner: this, partition, number, events: new Map(), bytes: 0 };
      pages.set(number, page);
      this.#cache.used(page);
      this.#cache.grew(page, PAGE_OVERHEAD_BYTES);
    } else this.#cache.used(page);
    return page;
  }
}

const pageOf = (at: number): number => Math.floor(at / EVENTS_PER_PAGE);

function cachedBytes(cached: CachedEvent | undefined): number {
  if (cached === undefined) return 0;
  if (cached.rendered instanceof Promise) return EVENT_OVERHEAD_BYTES;
  const { head, results } = cached.rendered;
  return results.reduce(
    (sum, { result }) => sum + result.head.length,
    EVENT_OVERHEAD_BYTES + (head?.length ?? 0),
  );
}
