import { type Offset, offset } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import { OffsetOutOfRange } from '../ports/event-log.js';
import type { BlockCache } from './block-cache.js';
import { type Block, Blocks, type Replayed, stretchOf } from './blocks.js';

/** What is to be read: `[from, through]`, of which `need` is what somebody waits for. */
export interface Wanted {
  readonly from: Offset;
  readonly need: Offset;
  readonly through: Offset;
  /** Nothing is known yet of how large events are here. */
  readonly blind: boolean;
}

/**
 * Reads a block that lies within what is wanted and holds `need`.
 * @throws {OffsetOutOfRange} when `need` is not there
 */
export type ReadBlock = (wanted: Wanted) => Promise<Block>;

interface Request {
  readonly after: Offset;
  /** The offset after `after`. */
  readonly need: Offset;
  readonly limit: Offset;
  /** Nothing before it is of use to anybody. */
  readonly exact: boolean;
  resolve(stretch: Replayed): void;
  reject(error: unknown): void;
}

/** How many offsets a block spans at the most, and how many bytes, as far as sizes are known. A power of two. */
const SPAN = 1_024;
export const BLOCK_BYTES = 8 << 20;

/**
 * The one reader of a partition on a node. Everybody who is behind asks it, and their requests are merged:
 * one block is read at a time, around what the first one needs, and all who stand within it are served
 * from it, those who wait and those who come soon after (D4). So many who resume at nearby places cost one
 * read. Deterministic but for when `readBlock` answers.
 */
export class PartitionReader {
  readonly #at: TopicPartition;
  readonly #readBlock: ReadBlock;
  readonly #cache: BlockCache;
  #blocks = new Blocks();
  /** None of them can be served from the blocks that are there. */
  #waiting: Request[] = [];
  #running = false;
  /** What an event here weighs, in bytes, by those read last. */
  #weight: number | undefined;

  constructor(at: TopicPartition, readBlock: ReadBlock, cache: BlockCache) {
    this.#at = at;
    this.#readBlock = readBlock;
    this.#cache = cache;
  }

  /**
   * The next stretch of what is visible in `(after, limit]`, at least one offset long.
   * @param limit the log is known to reach up to here
   * @throws {OffsetOutOfRange} when the log no longer has `after + 1`
   */
  read(after: Offset, limit: Offset): Promise<Replayed> {
    return this.#ask(after, limit, false);
  }

  /** The same for a gap: whoever follows the partition waits for it, so it comes first, and alone is read. */
  repair(after: Offset, limit: Offset): Promise<Replayed> {
    return this.#ask(after, limit, true);
  }

  /** What was read is no longer what the partition has. */
  forget(): void {
    // A read that is under way ends among blocks that nobody asks any more.
    const old = this.#blocks;
    this.#blocks = new Blocks();
    for (const block of old.all) this.#cache.remove(block);
  }

  #ask(after: Offset, limit: Offset, exact: boolean): Promise<Replayed> {
    const need = offset(after + 1);
    const block = this.#blocks.covering(need);
    if (block !== undefined) {
      this.#cache.used(block);
      return Promise.resolve(stretchOf(block, after, limit));
    }
    return new Promise((resolve, reject) => {
      const request: Request = { after, need, limit, exact, resolve, reject };
      if (exact) this.#waiting.unshift(request);
      else this.#waiting.push(request);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      const [lead] = this.#waiting;
      if (lead === undefined) break;
      const blocks = this.#blocks;
      const blind = this.#weight === undefined;
      const wanted = { ...planRead(blocks.free(lead.need), lead, this.#span), blind };
      try {
        const block = await this.#readBlock(wanted);
        this.#weigh(block);
        this.#cache.add(blocks, block);
        this.#serve(block);
      } catch (error) {
        // Nothing of a read that failed is kept: whoever asks next causes a new one.
        this.#refuse(wanted, error);
      }
    }
    this.#running = false;
  }

  /** S4: a block of large events holds no more bytes than one of small ones. A power of two, so that it is stable. */
  get #span(): number {
    const fits = BLOCK_BYTES / (this.#weight ?? 1);
    return Math.min(SPAN, 2 ** Math.max(0, Math.floor(Math.log2(fits))));
  }

  #weigh({ events }: Block): void {
    const bytes = events.reduce((sum, { event }) => sum + (event.data?.length ?? 0), 0);
    if (events.length > 0) this.#weight = Math.max(1, bytes / events.length);
  }

  #serve(block: Block): void {
    for (const { after, limit, resolve } of this.#take(({ need }) => within(need, block))) {
      resolve(stretchOf(block, after, limit));
    }
  }

  /** D5: the log does not have the range of somebody who is ahead or too late; others may have theirs. */
  #refuse(wanted: Wanted, error: unknown): void {
    if (!(error instanceof OffsetOutOfRange)) {
      for (const { reject } of this.#take(({ need }) => within(need, wanted))) reject(error);
      return;
    }
    const { bounds } = error;
    const out = (need: Offset): boolean => need < bounds.earliest || need > bounds.end;
    for (const { need, reject } of this.#take(({ need }) => need === wanted.need || out(need))) {
      reject(new OffsetOutOfRange({ ...this.#at, offset: need }, bounds));
    }
  }

  /** Takes those out of the queue that it says, in their order. */
  #take(which: (request: Request) => boolean): Request[] {
    const taken: Request[] = [];
    const left: Request[] = [];
    for (const request of this.#waiting) (which(request) ? taken : left).push(request);
    this.#waiting = left;
    return taken;
  }
}

/**
 * What to read for a request, of the free offsets around it: half a span before it, for those who stand
 * there, and as much after it as the span has left. What lies directly after a block needs nothing before it.
 */
export function planRead(
  free: { readonly low: Offset; readonly high: Offset },
  { need, limit, exact }: { readonly need: Offset; readonly limit: Offset; readonly exact: boolean },
  span: number,
): Omit<Wanted, 'blind'> {
  const from = exact ? need : Math.max(free.low, need - Math.floor(span / 2));
  const through = Math.min(free.high, limit, from + span - 1);
  return { from: offset(from), need, through: offset(through) };
}

const within = (
  at: Offset,
  { from, through }: { readonly from: Offset; readonly through: Offset },
): boolean => from <= at && at <= through;
