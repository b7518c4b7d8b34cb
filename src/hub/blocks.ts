import { bisect } from '../core/bisect.js';
import type { Relayed } from '../core/event.js';
import { type Offset, offset } from '../core/ids.js';

/** Every visible event in `[from, through]`, in offset order, from one read. */
export interface Block {
  readonly from: Offset;
  readonly through: Offset;
  readonly events: readonly Relayed[];
}

/** One step of a replay: every visible event after the offset that was asked for, up to `through`. */
export interface ReplayStep {
  readonly events: readonly Relayed[];
  readonly through: Offset;
}

/** The cached blocks of one partition, in order. They never overlap, so no offset is read twice while it is cached. */
export class Blocks {
  #blocks: Block[] = [];

  get all(): readonly Block[] {
    return [...this.#blocks];
  }

  /** The block that contains `at`. */
  covering(at: Offset): Block | undefined {
    const block = this.#blocks[this.#countUpTo(at) - 1];
    return block !== undefined && at <= block.through ? block : undefined;
  }

  /** The offsets around `at` that no block contains: from the end of the block before it to the start of the next. */
  uncovered(at: Offset): { readonly low: Offset; readonly high: Offset } {
    const next = this.#countUpTo(at);
    const before = this.#blocks[next - 1];
    const after = this.#blocks[next];
    return {
      low: offset(before === undefined ? 0 : before.through + 1),
      high: offset(after === undefined ? Number.MAX_SAFE_INTEGER : after.from - 1),
    };
  }

  /** Adds a block that overlaps no other. */
  add(block: Block): void {
    this.#blocks.splice(this.#countUpTo(block.from), 0, block);
  }

  remove(block: Block): void {
    const index = this.#countUpTo(block.from) - 1;
    if (this.#blocks[index] === block) this.#blocks.splice(index, 1);
  }

  /** How many blocks begin at or before `at`. */
  #countUpTo(at: Offset): number {
    const blocks = this.#blocks;
    return bisect(0, blocks.length, (i) => (blocks[i]?.from ?? 0) <= at);
  }
}

/** The part of a block in `(after, limit]`. The block contains `after + 1`. */
export function replayStepOf({ events, through }: Block, after: Offset, limit: Offset): ReplayStep {
  const end = offset(Math.min(through, limit));
  return { events: events.slice(indexAfter(events, after), indexAfter(events, end)), through: end };
}

/** The index of the first event above `at`. */
function indexAfter(events: readonly Relayed[], at: Offset): number {
  return bisect(0, events.length, (i) => (events[i]?.offset ?? 0) <= at);
}
