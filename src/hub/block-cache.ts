import type { Relayed } from '../core/event.js';
import type { Block, Blocks } from './blocks.js';

export interface BlockLimits {
  readonly bytes: number;
  readonly blocks: number;
  /** How long after it was read a block is good, in milliseconds. */
  readonly age: number;
}

interface Entry {
  readonly blocks: Blocks;
  readonly bytes: number;
  readonly readAt: number;
}

/**
 * The blocks that were read last, of all partitions of a node. At either bound those that were not used
 * for the longest time leave (C4).
 */
export class BlockCache {
  readonly #limits: BlockLimits;
  readonly #now: () => number;
  /** The one used last is last. */
  readonly #entries = new Map<Block, Entry>();
  #bytes = 0;

  constructor(limits: BlockLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps `block` among the `blocks` of its partition, as long as there is room. */
  add(blocks: Blocks, block: Block): void {
    const bytes = block.events.reduce((sum, event) => sum + sizeOf(event), OVERHEAD);
    blocks.add(block);
    this.#entries.set(block, { blocks, bytes, readAt: this.#now() });
    this.#bytes += bytes;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#limits.bytes && this.#entries.size <= this.#limits.blocks) break;
      this.remove(oldest);
    }
  }

  /** Whether the block is still good. It is then the last to leave; otherwise it is gone. */
  use(block: Block): boolean {
    const entry = this.#entries.get(block);
    if (entry === undefined) return false;
    if (this.#now() - entry.readAt > this.#limits.age) {
      this.remove(block);
      return false;
    }
    this.#entries.delete(block);
    this.#entries.set(block, entry);
    return true;
  }

  remove(block: Block): void {
    const entry = this.#entries.get(block);
    if (entry === undefined) return;
    this.#entries.delete(block);
    this.#bytes -= entry.bytes;
    entry.blocks.remove(block);
  }
}

const OVERHEAD = 200;
/** The data, and a fair guess at what the attributes weigh. */
const sizeOf = ({ event }: Relayed): number => 400 + (event.data?.length ?? 0);
