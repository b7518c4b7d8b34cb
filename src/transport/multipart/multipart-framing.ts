import type { GraphQLFormattedError } from 'graphql';
import { positionResult, resultTail, type SharedResult } from '../../subscribe/delivery/result-layout.js';
import type { ErrorEnd, StreamFraming } from '../delivery/stream-framing.js';

// Apollo iOS knows this protocol by exactly this parameter, without quotes.
const CONTENT_TYPE = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0';
const DELIMITER = '\r\n--graphql';
// No other header: Apollo iOS takes what follows the last colon for the content type.
const PART = '\r\ncontent-type: application/json\r\n\r\n';

const OPENING = Buffer.from(DELIMITER);
const PAYLOAD = Buffer.from(`${PART}{"payload":`);
const HEARTBEAT = Buffer.from(`${PART}{}${DELIMITER}`);
const END = Buffer.from('--\r\n');
const PAYLOAD_END = `}${DELIMITER}`;

const HEADERS = {
  'content-type': CONTENT_TYPE,
  'cache-control': 'no-cache, no-transform',
  // nginx buffers responses unless it is told not to.
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
};

/**
 * Apollo's protocol of subscriptions over HTTP: one part of the response for each result. A client shows a part once it has
 * the delimiter after it, so each part is written with that.
 * @see https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
 */
export class MultipartFraming implements StreamFraming {
  readonly headers = HEADERS;
  readonly opening = OPENING;
  readonly heartbeat = HEARTBEAT;
  readonly hasPositions: boolean;
  /** A tag is constant for a subscription, with rare exceptions; what is made from it is kept. */
  #tag: string | undefined;
  #end = END;

  /** @param readsPositions whether the client asks for positions. No heartbeat has room for one that all clients pass over. */
  constructor(readsPositions: boolean) {
    this.hasPositions = readsPositions;
  }

  /** Hot path. */
  next({ head }: SharedResult, tag: string): Buffer[] {
    if (tag !== this.#tag) {
      this.#tag = tag;
      this.#end = Buffer.from(`${resultTail(tag)}${PAYLOAD_END}`);
    }
    return [PAYLOAD, head, this.#end];
  }

  position(cursor: string, tag: string, behind: number): Buffer[] {
    return [payload(positionResult(cursor + tag, behind))];
  }

  result(json: string): Buffer[] {
    return [payload(json), END];
  }

  /**
   * An error that is final is the operation's own. Any other is one of the transport (`payload: null`), after which clients
   * such as Apollo Client's RetryLink come back.
   */
  error(errors: readonly GraphQLFormattedError[], { isFinal }: ErrorEnd): Buffer[] {
    if (isFinal) return [payload(JSON.stringify({ errors })), END];
    return [Buffer.from(`${PART}${JSON.stringify({ payload: null, errors })}${DELIMITER}`), END];
  }

  complete(): Buffer[] {
    return [END];
  }
}

function payload(json: string): Buffer {
  return Buffer.from(`${PART}{"payload":${json}${PAYLOAD_END}`);
}
