import type { TopicEventsSubscription } from './operations';

export type Row = TopicEventsSubscription['events']['rows'][number];

/** C4: how many rows a page holds. Others are read from the log again. */
export const MAX_ROWS = 5_000;

interface Block {
  /** The position before its rows. */
  readonly from: string;
  readonly count: number;
}

/**
 * Rows that follow each other in a topic, between two positions. Blocks of them are dropped at one end when rows are added at
 * the other: both positions stay exact, so the page goes on from either.
 */
export class RowBuffer {
  readonly rows: Row[] = [];
  readonly #max: number;
  readonly #blocks: Block[] = [];
  #after: string | undefined;

  constructor(max = MAX_ROWS) {
    this.#max = max;
  }

  /** The position before the first row. `undefined`: nothing was read. */
  get before(): string | undefined {
    return this.#blocks[0]?.from ?? this.#after;
  }

  /** The position after the last row. */
  get after(): string | undefined {
    return this.#after;
  }

  /** @param after the position after the rows @returns how many rows were dropped at the beginning */
  append(from: string, rows: readonly Row[], after: string | undefined): number {
    this.#after = after ?? this.#after;
    // What was read and not shown belongs to the block before: positions move, rows do not.
    if (rows.length === 0 && this.#blocks.length > 0) return 0;
    this.rows.push(...rows);
    this.#blocks.push({ from, count: rows.length });
    let dropped = 0;
    while (this.rows.length - dropped > this.#max && this.#blocks.length > 1)
      dropped += this.#blocks.shift()?.count ?? 0;
    this.rows.splice(0, dropped);
    return dropped;
  }

  /** @returns how many rows were dropped at the end: then the rows end before the newest ones */
  prepend(from: string, rows: readonly Row[]): number {
    this.rows.unshift(...rows);
    this.#blocks.unshift({ from, count: rows.length });
    let dropped = 0;
    while (this.rows.length - dropped > this.#max && this.#blocks.length > 1) {
      const last = this.#blocks.pop();
      dropped += last?.count ?? 0;
      this.#after = last?.from;
    }
    this.rows.length -= dropped;
    return dropped;
  }
}
