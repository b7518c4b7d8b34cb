import type { Topic } from '../core/ids.js';

/**
 * RebuildFrom where state is folded anew. `time` (milliseconds since 1970): only from events that the log got then
 * or later; each key begins there with what it has before its first event, as if nothing had been before.
 */
export type RebuildFrom = { readonly kind: 'start' } | { readonly kind: 'time'; readonly time: number };

/** How far a rebuild is in one topic, over all its partitions. */
export interface RebuildProgress {
  readonly topic: Topic;
  /** Offsets folded, of those that lie between `from` and the end as it is known now. */
  readonly done: number;
  readonly total: number;
  /** Events folded in this topic so far: fewer than offsets, which have holes. */
  readonly events: number;
}

export interface RebuildRequest {
  readonly from: RebuildFrom;
  /** Is told after each batch; whoever prints chooses how often. */
  readonly onProgress: (progress: RebuildProgress) => void;
  readonly signal: AbortSignal;
}

/** Something that holds state folded from the log, and can fold it anew beside what runs. */
export interface Rebuild {
  readonly kind: 'service' | 'view';
  /** The name that `--group` gives. */
  readonly name: string;
  /**
   * Folds a new state, outputs discarded, until it has caught up, and then switches, in one atomic step.
   * Until that step nothing that runs sees any of it: when this rejects, or its process is killed, what ran
   * goes on with the state it had.
   * @returns a sentence about when those that run take it up
   */
  run(request: RebuildRequest): Promise<string>;
}
