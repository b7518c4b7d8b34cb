import { type Offset, offset } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import { OffsetOutOfRange } from '../ports/event-log.js';
import type { BlockCache } from './block-cache.js';
import { type Block, Blocks, type ReplayStep, replayStepOf } from './blocks.js';

/** A read of `[from, through]`. A request waits for `needed`; the rest is read for requests at nearby offsets. */
export interface ReadPlan {
  readonly from: Offset;
  readonly needed: Offset;
  readonly through: Offset;
  /** This is the partition's first read, so nothing is known yet about the size of its events. */
  readonly sizeUnknown: boolean;
}

/**
 * Reads a block that lies within the plan and contains `needed`.
 * @throws {OffsetOutOfRange} when the log does not have `needed`
 */
export type ReadBlock = (plan: ReadPlan) => Promise<Block>;

/** A subscriber or a repair that waits for a block. */
interface ReadRequest {
  readonly after: Offset;
  /** The offset after `after`. */
  readonly needed: Offset;
  readonly limit: Offset;
  /** A gap is repaired: nobody needs what precedes it. */
  readonly isRepair: boolean;
  resolve(step: ReplayStep): void;
  reject(error: unknown): void;
}

/** How many offsets a block spans at most. A power of two, so that the span only takes few values as it shrinks. */
const MAX_SPAN_OFFSETS = 1_024;
/** How many bytes a block holds at most, as far as the sizes of events are known. */
export const MAX_BLOCK_BYTES = 8 << 20;

/**
 * The one reader of a partition on a node (C1). It merges the requests of everyone who is behind: it reads one block
 * at a time, around the offset that the first request needs, and serves every request within that block from it, the
 * waiting ones and those that follow soon (D4). A thousand clients that resume at nearby positions cost one read.
 *
 * Deterministic except for when `readBlock` resolves.
 */
export class PartitionReader {
  readonly #at: TopicPartition;
  readonly #readBlock: ReadBlock;
  readonly #cache: BlockCache;
  #blocks = new Blocks();
  /** Invariant: no cached block can serve any of them. */
  #waiting: ReadRequest[] = [];
  #running = false;
  /** The mean size of an event's data in the last block that had events, in bytes. */
  #eventBytes: number | undefined;

  constructor(at: TopicPartition, readBlock: ReadBlock, cache: BlockCache) {
    this.#at = at;
    this.#readBlock = readBlock;
    this.#cache = cache;
  }

  /**
   * Reads the next visible events in `(after, limit]`. The step is at least one offset long.
   * @param limit an offset that the log is known to have
   * @throws {OffsetOutOfRange} when the log no longer has `after + 1`
   */
  read(after: Offset, limit: Offset): Promise<ReplayStep> {
    return this.#request(after, limit, false);
  }

  /**
   * As `read`, for a gap in live events. It goes before all replays, because all live subscribers wait for it, and it
   * reads nothing before the gap.
   */
  repair(after: Offset, limit: Offset): Promise<ReplayStep> {
    return this.#request(after, limit, true);
  }

  /** Drops the cached blocks: they may no longer be what the log has. */
  forget(): void {
    // A read in flight adds its block to the old `Blocks`, from which no request is served any more.
    const old = this.#blocks;
    this.#blocks = new Blocks();
    for (const block of old.all) this.#cache.remove(block);
  }

  #request(after: Offset, limit: Offset, isRepair: boolean): Promise<ReplayStep> {
    const needed = offset(after + 1);
    const block = this.#blocks.covering(needed);
    if (block !== undefined) {
      this.#cache.touch(block);
      return Promise.resolve(replayStepOf(block, after, limit));
    }
    return new Promise((resolve, reject) => {
      const request: ReadRequest = { after, needed, limit, isRepair, resolve, reject };
      if (isRepair) this.#waiting.unshift(request);
      else this.#waiting.push(request);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined) break;
      const blocks = this.#blocks;
      const sizeUnknown = this.#eventBytes === undefined;
      const plan = { ...planRead(blocks.uncovered(first.needed), first, this.#span), sizeUnknown };
      try {
        const block = await this.#readBlock(plan);
        this.#learnSize(block);
        this.#cache.add(blocks, block);
        this.#serve(block);
      } catch (error) {
        // A failed read leaves nothing behind: the next request starts a new one.
        this.#rejectWaiting(plan, error);
      }
    }
    this.#running = false;
  }

  /** S4: how many offsets the next block spans. Fewer where events are large. */
  get #span(): number {
    const fitting = MAX_BLOCK_BYTES / (this.#eventBytes ?? 1);
    // Rounded down to a power of two, so that small changes of the mean size do not change the span.
    return Math.min(MAX_SPAN_OFFSETS, 2 ** Math.max(0, Math.floor(Math.log2(fitting))));
  }

  #learnSize({ events }: Block): void {
    const bytes = events.reduce((sum, { event }) => sum + (event.data?.length ?? 0), 0);
    if (events.length > 0) this.#eventBytes = Math.max(1, bytes / events.length);
  }

  #serve(block: Block): void {
    for (const { after, limit, resolve } of this.#takeWaiting(({ needed }) => isWithin(needed, block))) {
      resolve(replayStepOf(block, after, limit));
    }
  }

  /** D5: rejects only the requests whose own offset the log does not have. The others may still get theirs. */
  #rejectWaiting(plan: ReadPlan, error: unknown): void {
    if (!(error instanceof OffsetOutOfRange)) {
      for (const { reject } of this.#takeWaiting(({ needed }) => isWithin(needed, plan))) reject(error);
      return;
    }
    const { bounds } = error;
    const isOutside = (needed: Offset): boolean => needed < bounds.earliest || needed > bounds.end;
    const rejected = this.#takeWaiting(({ needed }) => needed === plan.needed || isOutside(needed));
    for (const { needed, reject } of rejected) {
      reject(new OffsetOutOfRange({ ...this.#at, offset: needed }, bounds));
    }
  }

  /** Removes the matching requests from the queue. @returns them, in their order */
  #takeWaiting(matches: (request: ReadRequest) => boolean): ReadRequest[] {
    const taken: ReadRequest[] = [];
    const others: ReadRequest[] = [];
    for (const request of this.#waiting) (matches(request) ? taken : others).push(request);
    this.#waiting = others;
    return taken;
  }
}

/**
 * Plans the read for a request, within the uncovered offsets around it. Half of the span precedes the needed offset,
 * for requests at nearby positions; the other half follows it. When a block ends directly before the needed offset,
 * all of the span follows it.
 */
export function planRead(
  uncovered: { readonly low: Offset; readonly high: Offset },
  { needed, limit, isRepair }: Pick<ReadRequest, 'needed' | 'limit' | 'isRepair'>,
  span: number,
): Omit<ReadPlan, 'sizeUnknown'> {
  const from = isRepair ? needed : Math.max(uncovered.low, needed - Math.floor(span / 2));
  const through = Math.min(uncovered.high, limit, from + span - 1);
  return { from: offset(from), needed, through: offset(through) };
}

const isWithin = (
  at: Offset,
  { from, through }: { readonly from: Offset; readonly through: Offset },
): boolean => from <= at && at <= through;
