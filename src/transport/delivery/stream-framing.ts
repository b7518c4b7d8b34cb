import type { GraphQLFormattedError } from 'graphql';
import type { SharedResult } from '../../subscribe/delivery/result-layout.js';
import type { StreamShape } from './response-writer.js';

/** How a stream ends that ends with an error. */
export interface ErrorEnd {
  /** The client must not resume: the same request would fail again. */
  readonly isFinal: boolean;
  /** After how many milliseconds a client that resumes by itself should; left out: as it likes. */
  readonly reconnectMs?: number;
}

/**
 * How one response carries the results of one operation: SSE, and any other format that streams results over
 * HTTP. A framing turns results into bytes and knows nothing of sockets. It may keep state for its stream, so
 * each stream has its own. The caller owns the arrays that are returned; the buffers must not be changed.
 */
export interface StreamFraming extends StreamShape {
  /** Whether positions are sent. */
  readonly hasPositions: boolean;
  /**
   * One result of a subscription: `head + resultTail(tag)` is its JSON, and contains no raw line breaks.
   * Hot path: called for each result and stream, so shared bytes are passed on without a copy.
   */
  next(result: SharedResult, tag: string): Buffer[];
  /** Where the subscription is, without a result. Clients that do not read it pass over it. */
  position(cursor: string, tag: string, behind: number): Buffer[];
  /** The whole result of a query or mutation, and the end of the stream. */
  result(json: string): Buffer[];
  /** The errors that end an operation, and the end of the stream. */
  error(errors: readonly GraphQLFormattedError[], end: ErrorEnd): Buffer[];
  /** The end of the stream. */
  complete(): Buffer[];
}
