import { eventBytes } from '../core/size.js';
import type { Block, Blocks } from './blocks.js';

interface CacheLimits {
  readonly bytes: number;
  readonly blocks: number;
}

interface CachedBlock {
  /** The partition's blocks, of which this is one. */
  readonly owner: Blocks;
  readonly bytes: number;
}

/** About what a block and its entry here take in memory, without its events. */
const BLOCK_OVERHEAD_BYTES = 200;

/** The most recently used blocks of all partitions of a node. At either limit the least recently used ones leave (C4). */
export class BlockCache {
  readonly #limits: CacheLimits;
  /** Least recently used first: a Map iterates in the order of insertion. */
  readonly #cached = new Map<Block, CachedBlock>();
  #bytes = 0;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds `block` to its partition's blocks, `owner`, and removes others until the cache is within its limits. */
  add(owner: Blocks, block: Block): void {
    const bytes = block.events.reduce((sum, event) => sum + eventBytes(event), BLOCK_OVERHEAD_BYTES);
    owner.add(block);
    this.#cached.set(block, { owner, bytes });
    this.#bytes += bytes;
    for (const [oldest] of this.#cached) {
      if (this.#bytes <= this.#limits.bytes && this.#cached.size <= this.#limits.blocks) break;
      this.remove(oldest);
    }
  }

  /** Marks a block as the most recently used. */
  touch(block: Block): void {
    const cached = this.#cached.get(block);
    if (cached === undefined) return;
    this.#cached.delete(block);
    this.#cached.set(block, cached);
  }

  remove(block: Block): void {
    const cached = this.#cached.get(block);
    if (cached === undefined) return;
    this.#cached.delete(block);
    this.#bytes -= cached.bytes;
    cached.owner.remove(block);
  }
}
