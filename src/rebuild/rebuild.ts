import type { Topic } from '../core/ids.js';

/**
 * Where a rebuild begins. `time`, in milliseconds since 1970: only events that the log received then or later
 * are folded, and each key begins with its initial state, as if nothing had happened before.
 */
export type RebuildFrom = { readonly kind: 'start' } | { readonly kind: 'time'; readonly time: number };

/** How far a rebuild is in one topic, summed over its partitions. */
export interface RebuildProgress {
  readonly topic: Topic;
  /** How many offsets are folded. */
  readonly done: number;
  /** How many offsets there are between the beginning of the rebuild and the end of the log as last seen. */
  readonly total: number;
  /** How many events are folded: fewer than offsets, because some offsets have no event. */
  readonly events: number;
}

export interface RebuildRequest {
  readonly from: RebuildFrom;
  /** Called after each batch. A printer chooses how many of these calls it shows. */
  readonly onProgress: (progress: RebuildProgress) => void;
  readonly signal: AbortSignal;
}

/** A service or view whose state can be rebuilt from the log while it runs. */
export interface Rebuild {
  readonly kind: 'service' | 'view';
  /** As in `--group`. */
  readonly name: string;
  /**
   * Folds a second state until it has caught up, discards the events that a service returns meanwhile, and then
   * switches in one atomic step. Before that step nothing that runs sees the new state: if this rejects, or the
   * process is killed, everything continues with the old one.
   * @returns a sentence that says when the running processes use the new state
   */
  run(request: RebuildRequest): Promise<string>;
}
