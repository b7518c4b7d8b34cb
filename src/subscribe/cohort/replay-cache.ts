import type { CursorCodec, PartitionPosition, Positions } from '../../core/cursor.js';
import type { Relayed } from '../../core/event.js';
import type { EventId, Partition } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import { type OpenHead, type SharedResult, sharedResultOf } from '../delivery/result-layout.js';
import type { Cohort } from './cohort.js';
import { ParsedEvent, reachedBy } from './parsed-event.js';

/** What a cohort made of one event. */
export interface RenderedEvent {
  /** Where one stands that has it. */
  readonly reached: PartitionPosition;
  /** In UTF-8: text that was put together takes several times as much. `undefined`: it is not for them. */
  readonly rendered: Buffer | undefined;
  /** The event's timestamp. */
  readonly time: number;
  readonly madeAt: number;
  /** Whole results for those who stand at the same places in other partitions, the newest first. */
  readonly results: { readonly others: string; readonly result: SharedResult }[];
}

/** Neighbouring events are kept together, so that what is kept is looked after for many at once. */
const PAGE = 64;
/** What is kept for a page and an event besides the bytes of results. */
const PAGE_OVERHEAD = 1_000;
const EVENT_OVERHEAD = 300;
/** How many places in other partitions an event is kept for. */
const RESULTS = 4;
/** C4: what a node keeps, in bytes. */
const BYTES = 32 << 20;
/** Resolvers may look at more than the event, so what they made is shared only by those who come together. */
const RESOLVED_FOR = 1_000;

/** What is known of the event at one offset. A topic that is made anew has others at the same offsets. */
interface Entry {
  readonly id: EventId;
  readonly timestamp: number;
  readonly made: RenderedEvent | Promise<RenderedEvent>;
}

interface Page {
  readonly owner: CohortReplayCache;
  readonly partition: Partition;
  readonly number: number;
  readonly entries: Map<number, Entry>;
  bytes: number;
}

/**
 * What cohorts made of the events that are being replayed, so that a herd that comes back costs one
 * execution and one serialisation of each event, as it does when it is live (C1). At the bound, what was not
 * used for the longest time leaves, and is made again when somebody needs it (C4).
 */
export class ReplayCache {
  readonly #limit: number;
  readonly #cohorts = new Map<Cohort, CohortReplayCache>();
  /** The one used last is last. */
  readonly #pages = new Set<Page>();
  #newest: Page | undefined;
  #bytes = 0;
  readonly codec: CursorCodec;
  readonly now: () => number;

  constructor(codec: CursorCodec, limit = BYTES, now: () => number = () => performance.now()) {
    this.codec = codec;
    this.#limit = limit;
    this.now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  of(cohort: Cohort): CohortReplayCache {
    const known = this.#cohorts.get(cohort);
    if (known !== undefined) return known;
    const made = new CohortReplayCache(cohort, this);
    this.#cohorts.set(cohort, made);
    return made;
  }

  /** The cohort has no members any more. */
  forget(cohort: Cohort): void {
    const gone = this.#cohorts.get(cohort);
    this.#cohorts.delete(cohort);
    for (const page of gone?.pages ?? []) this.#remove(page);
  }

  used(page: Page): void {
    if (page === this.#newest) return;
    this.#newest = page;
    this.#pages.delete(page);
    this.#pages.add(page);
  }

  grew(page: Page, bytes: number): void {
    // It may have left meanwhile: a slow resolver takes its time.
    if (!this.#pages.has(page)) return;
    page.bytes += bytes;
    this.#bytes += bytes;
    for (const oldest of this.#pages) {
      if (this.#bytes <= this.#limit) break;
      this.#remove(oldest);
    }
  }

  #remove(page: Page): void {
    if (!this.#pages.delete(page)) return;
    if (page === this.#newest) this.#newest = undefined;
    this.#bytes -= page.bytes;
    page.owner.left(page);
  }
}

/** What one cohort made. */
export class CohortReplayCache {
  readonly cohort: Cohort;
  readonly #all: ReplayCache;
  readonly #pages = new Map<Partition, Map<number, Page>>();

  constructor(cohort: Cohort, all: ReplayCache) {
    this.cohort = cohort;
    this.#all = all;
  }

  /** What the cohort makes of the event; a promise when resolvers are slow. Hot path (bench: resume). */
  of(at: TopicPartition, relayed: Relayed): RenderedEvent | Promise<RenderedEvent> {
    const page = this.#page(at.partition, relayed.offset);
    const known = page.entries.get(relayed.offset);
    if (known !== undefined && this.#holds(known, relayed)) return known.made;
    const event = new ParsedEvent(at, relayed);
    const rendered = this.cohort.render(event);
    if (!(rendered instanceof Promise)) return this.#keep(page, event, rendered);
    const made = rendered.then((done) => this.#keep(page, event, done));
    this.#enter(page, relayed, made);
    return made;
  }

  /** The whole result for one who stands at `positions`, `others` being those apart from the event's. */
  result(
    { partition }: TopicPartition,
    rendition: RenderedEvent,
    others: string,
    positions: Positions,
  ): SharedResult | undefined {
    const { rendered, reached, results } = rendition;
    if (rendered === undefined) return undefined;
    for (const known of results) if (known.others === others) return known.result;
    const place = this.cohort.placeOf(positions, rendition.time);
    const cursor = this.#all.codec.position(this.cohort.topic, place);
    const result = sharedResultOf(rendered, cursor);
    results.unshift({ others, result });
    const old = results.length > RESULTS ? results.pop() : undefined;
    const page = this.#pages.get(partition)?.get(pageOf(reached.offset));
    if (page?.entries.get(reached.offset)?.made === rendition) {
      this.#all.grew(page, result.head.length - (old?.result.head.length ?? 0));
    }
    return result;
  }

  get pages(): readonly Page[] {
    return [...this.#pages.values()].flatMap((pages) => [...pages.values()]);
  }

  /** The page is not kept any more. */
  left({ partition, number }: Page): void {
    this.#pages.get(partition)?.delete(number);
  }

  #keep(page: Page, event: ParsedEvent, head: OpenHead | undefined): RenderedEvent {
    const rendered = head === undefined ? undefined : Buffer.from(head);
    const time = event.relayed.timestamp;
    const made = { reached: reachedBy(event), rendered, time, madeAt: this.#all.now(), results: [] };
    this.#enter(page, event.relayed, made);
    return made;
  }

  #enter(page: Page, { offset, timestamp, event: { id } }: Relayed, made: Entry['made']): void {
    const before = sizeOf(page.entries.get(offset));
    const entry = { id, timestamp, made };
    page.entries.set(offset, entry);
    this.#all.grew(page, sizeOf(entry) - before);
  }

  #holds({ id, timestamp, made }: Entry, { timestamp: given, event }: Relayed): boolean {
    if (id !== event.id || timestamp !== given) return false;
    if (made instanceof Promise || !this.cohort.plan.resolvers) return true;
    return this.#all.now() - made.madeAt <= RESOLVED_FOR;
  }

  #page(partition: Partition, at: number): Page {
    const number = pageOf(at);
    const pages = this.#pages.get(partition) ?? new Map<number, Page>();
    this.#pages.set(partition, pages);
    let page = pages.get(number);
    if (page === undefined) {
      page = { owner: this, partition, number, entries: new Map(), bytes: 0 };
      pages.set(number, page);
      this.#all.used(page);
      this.#all.grew(page, PAGE_OVERHEAD);
    } else this.#all.used(page);
    return page;
  }
}

const pageOf = (at: number): number => Math.floor(at / PAGE);

function sizeOf(entry: Entry | undefined): number {
  if (entry === undefined) return 0;
  if (entry.made instanceof Promise) return EVENT_OVERHEAD;
  const { rendered, results } = entry.made;
  return results.reduce(
    (sum, { result }) => sum + result.head.length,
    EVENT_OVERHEAD + (rendered?.length ?? 0),
  );
}
