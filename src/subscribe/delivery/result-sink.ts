import type { GraphQLFormattedError } from 'graphql';

/**
 * One event's result, made once for a whole cohort (C1). The JSON of the execution result is
 * `head + tag + RESULT_END`, where `tag` is the subscriber's own and constant.
 */
export interface SharedResult {
  /** `{"data":…,"extensions":{"event":{…},"cursor":"<shared part>`, in UTF-8. */
  readonly head: Buffer;
  /** The shared part of the cursor: the subscriber's cursor is `cursor + tag`. */
  readonly cursor: string;
}

/** Results that follow each other: what a cohort made of several events, which its members are handed at once. */
export type ResultBatch = readonly SharedResult[];

/** What follows `head + tag` to make the JSON of an execution result whole. */
export const RESULT_END = '"}}';

/** Where the results of one subscription go: the transport's side of it. */
export interface ResultSink {
  /**
   * Takes one result, or refuses it. The bytes are not changed afterwards, so they may be kept without a copy.
   * @returns `false` when it was not taken, because more than the high-water mark waits to be written: the
   *   transport then calls `ActiveSubscription.drained` once that is over, and until then is given nothing (D8)
   */
  next(result: SharedResult, tag: string): boolean;
  /**
   * Takes the whole batch or nothing of it. Only for speed: what is not taken so is offered to `next`, one by
   * one. The batch is not changed afterwards, and is the same object for all to whom it is handed.
   */
  nextAll?(batch: ResultBatch, tag: string): boolean;
  /** The subscription ends with these errors. Nothing follows. */
  error(errors: readonly GraphQLFormattedError[]): void;
  /** The subscription ends. Nothing follows. */
  complete(): void;
}

/** The transport's handle on a subscription that runs. */
export interface ActiveSubscription {
  /** The sink has room again. */
  drained(): void;
  /** The client wants no more: nothing reaches the sink from here on. */
  close(): void;
}
