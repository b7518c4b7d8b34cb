import type { GraphQLFormattedError } from 'graphql';
import { resultTail, type SharedResult } from '../../subscribe/delivery/result-layout.js';
import type { StreamShape } from '../delivery/response-writer.js';
import type { ErrorEnd, StreamFraming } from '../delivery/stream-framing.js';

/**
 * The id of a stream's last event when the client must not come back. A browser's EventSource reconnects for
 * ever, with the last id, until it is answered 204 (HTML standard, section 9.2.3). No cursor equals this id:
 * cursors contain a dot.
 */
export const STREAM_OVER = 'over';

// `id` comes first: simple clients take everything after `data: ` for the data.
const ID = Buffer.from('id: ');
const NEXT = Buffer.from('event: next\ndata: ');
const END = Buffer.from('\n\n');
const COMPLETE = Buffer.from('event: complete\ndata:\n\n');
const COMMENT = Buffer.from(':\n\n');
const OVER_ID = Buffer.from(`id: ${STREAM_OVER}\n`);

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx buffers responses unless it is told not to.
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
};

/** What every event stream has besides its events. */
export const SSE_SHAPE: StreamShape = { headers: HEADERS, heartbeat: COMMENT };

/**
 * Server-Sent Events with the event names of graphql-sse's distinct connections mode. The `id` of each
 * result is its cursor, so that a client resumes with `Last-Event-ID` (D4).
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class SseFraming implements StreamFraming {
  readonly headers = HEADERS;
  readonly heartbeat = COMMENT;
  readonly hasPositions = true;
  /** A tag is constant for a subscription, with rare exceptions; what is made from it is kept. */
  #tag: string | undefined;
  #idEnd: Buffer = END;
  #dataEnd: Buffer = END;

  /** Hot path. */
  next({ head, cursor }: SharedResult, tag: string): Buffer[] {
    if (tag !== this.#tag) {
      this.#tag = tag;
      this.#idEnd = Buffer.from(`${tag}\n`);
      this.#dataEnd = Buffer.from(`${resultTail(tag)}\n\n`);
    }
    return [ID, Buffer.from(cursor), this.#idEnd, NEXT, head, this.#dataEnd];
  }

  /**
   * A block without data dispatches no event and still moves the last id (HTML standard, section 9.2.6). A named event
   * would break graphql-sse and urql, which know two names.
   */
  position(cursor: string, tag: string, behind: number): Buffer[] {
    return [Buffer.from(`: behind=${behind}\nid: ${cursor}${tag}\n\n`)];
  }

  result(json: string): Buffer[] {
    return [NEXT, Buffer.from(json), END, ...this.complete()];
  }

  error(errors: readonly GraphQLFormattedError[], { isFinal, reconnectMs }: ErrorEnd): Buffer[] {
    const event = [NEXT, Buffer.from(JSON.stringify({ errors })), END, COMPLETE];
    if (isFinal) return [OVER_ID, ...event];
    return reconnectMs === undefined ? event : [Buffer.from(`retry: ${reconnectMs}\n`), ...event];
  }

  complete(): Buffer[] {
    return [OVER_ID, COMPLETE];
  }
}
