import { eventBytes } from '../core/size.js';
import type { Block, Blocks } from './blocks.js';

export interface BlockLimits {
  readonly bytes: number;
  readonly blocks: number;
}

interface Entry {
  readonly blocks: Blocks;
  readonly bytes: number;
}

/**
 * The blocks that were read last, of all partitions of a node. At either bound those that were not used
 * for the longest time leave (C4).
 */
export class BlockCache {
  readonly #limits: BlockLimits;
  /** The one used last is last. */
  readonly #entries = new Map<Block, Entry>();
  #bytes = 0;

  constructor(limits: BlockLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps `block` among the `blocks` of its partition, as long as there is room. */
  add(blocks: Blocks, block: Block): void {
    const bytes = block.events.reduce((sum, event) => sum + eventBytes(event), OVERHEAD);
    blocks.add(block);
    this.#entries.set(block, { blocks, bytes });
    this.#bytes += bytes;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#limits.bytes && this.#entries.size <= this.#limits.blocks) break;
      this.remove(oldest);
    }
  }

  /** The block is now the last to leave. */
  used(block: Block): void {
    const entry = this.#entries.get(block);
    if (entry === undefined) return;
    this.#entries.delete(block);
    this.#entries.set(block, entry);
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
