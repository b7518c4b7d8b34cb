import { bisect } from '../core/bisect.js';
import type { Relayed } from '../core/event.js';
import { type Offset, offset } from '../core/ids.js';

/** Every visible event in `[from, through]`, in order, as it was read at once. */
export interface Block {
  readonly from: Offset;
  readonly through: Offset;
  readonly events: readonly Relayed[];
}

/** A stretch of replay: everything visible after where it was asked for, up to `through`. */
export interface Replayed {
  readonly events: readonly Relayed[];
  readonly through: Offset;
}

/** Blocks of one partition. They never overlap, so nothing that is here is read again. */
export class Blocks {
  /** In order. */
  #blocks: Block[] = [];

  get all(): readonly Block[] {
    return [...this.#blocks];
  }

  /** The block that holds `at`. */
  covering(at: Offset): Block | undefined {
    const block = this.#blocks[this.#upTo(at) - 1];
    return block !== undefined && at <= block.through ? block : undefined;
  }

  /** The offsets around `at`, which no block holds, up to the blocks next to it. */
  free(at: Offset): { readonly low: Offset; readonly high: Offset } {
    const next = this.#upTo(at);
    const before = this.#blocks[next - 1];
    const after = this.#blocks[next];
    return {
      low: offset(before === undefined ? 0 : before.through + 1),
      high: offset(after === undefined ? Number.MAX_SAFE_INTEGER : after.from - 1),
    };
  }

  /** Adds a block that lies where none is. */
  add(block: Block): void {
    this.#blocks.splice(this.#upTo(block.from), 0, block);
  }

  remove(block: Block): void {
    const index = this.#upTo(block.from) - 1;
    if (this.#blocks[index] === block) this.#blocks.splice(index, 1);
  }

  /** How many blocks begin at or before `at`, by bisection. */
  #upTo(at: Offset): number {
    const blocks = this.#blocks;
    return bisect(0, blocks.length, (i) => (blocks[i]?.from ?? 0) <= at);
  }
}

/** What of a block lies in `(after, limit]`; `after + 1` is in the block. */
export function stretchOf({ events, through }: Block, after: Offset, limit: Offset): Replayed {
  const end = offset(Math.min(through, limit));
  return { events: events.slice(indexAfter(events, after), indexAfter(events, end)), through: end };
}

/** The index of the first event above `at`, by bisection. */
function indexAfter(events: readonly Relayed[], at: Offset): number {
  return bisect(0, events.length, (i) => (events[i]?.offset ?? 0) <= at);
}
