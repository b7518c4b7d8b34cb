import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { resultTail, type SharedResult } from '../../subscribe/delivery/result-layout.js';
import type { ActiveSubscription, ResultSink } from '../../subscribe/delivery/result-sink.js';
import type { ByteStream } from '../delivery/byte-stream.js';
import { Outbox, type OutboxHost, type TurnEnd } from '../delivery/outbox.js';
import { Progress } from '../delivery/progress.js';
import type { SlowClient, SlowClients } from '../delivery/slow-clients.js';

/** `id` comes first: simple clients take all that follows `data: ` for the data. */
const ID = Buffer.from('id: ');
const NEXT = Buffer.from('event: next\ndata: ');
const END = Buffer.from('\n\n');
const COMPLETE = Buffer.from('event: complete\ndata:\n\n');
const COMMENT = Buffer.from(':\n\n');

/**
 * The id of a stream's last event when nothing follows: a browser's EventSource comes back for ever, with
 * the last id, until it is answered 204 (HTML standard, section 9.2.3). A cursor has a dot in it.
 */
export const OVER = 'over';
const OVER_ID = Buffer.from(`id: ${OVER}\n`);

/** One event stream: the results of one operation (GraphQL over SSE, distinct connections mode). */
export class SseStream implements ResultSink, OutboxHost, SlowClient {
  readonly #response: ServerResponse;
  readonly #outbox: Outbox;
  readonly #slow: SlowClients;
  readonly #progress: Progress;
  #tag: string | undefined;
  #afterCursor: Buffer = END;
  #afterHead: Buffer = END;
  #subscription: ActiveSubscription | undefined;
  #held = false;
  #over = false;

  constructor(response: ServerResponse, turn: TurnEnd, highWaterMark: number, slow: SlowClients) {
    this.#response = response;
    this.#outbox = new Outbox(bytesOf(response), turn, highWaterMark, this);
    this.#slow = slow;
    this.#progress = new Progress(response.req.socket);
    response.once('close', () => {
      slow.delete(this);
      this.stop();
    });
    response.on('error', () => this.stop());
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    response.flushHeaders();
  }

  /** The subscription that fills this sink. It may have ended already. */
  runs(subscription: ActiveSubscription): void {
    if (this.#over) subscription.close();
    else this.#subscription = subscription;
  }

  /** C1: the cohort's bytes as they are. JSON has no raw line breaks. Hot path (bench: fan-out). */
  next({ head, cursor }: SharedResult, tag: string): boolean {
    if (this.#over) return true;
    if (tag !== this.#tag) {
      this.#tag = tag;
      this.#afterCursor = Buffer.from(`${tag}\n`);
      this.#afterHead = Buffer.from(`${resultTail(tag)}\n\n`);
    }
    const taken = this.#outbox.offer(ID, Buffer.from(cursor), this.#afterCursor, NEXT, head, this.#afterHead);
    if (!taken) this.#held = true;
    return taken;
  }

  /** The whole result of a query or mutation, or of an operation that did not start. */
  result(json: string): void {
    if (this.#over) return;
    this.#outbox.push(NEXT, Buffer.from(json), END);
    this.complete();
  }

  /** What may succeed later leaves the id as it is, so that an EventSource goes on there. */
  error(errors: readonly GraphQLFormattedError[]): void {
    this.#fail(errors, !errors.some(({ extensions }) => extensions?.['retry'] === true));
  }

  complete(): void {
    if (this.#over) return;
    this.#outbox.push(OVER_ID, COMPLETE);
    this.#close();
  }

  /** Ends the stream with an error that new credentials mend, whatever runs on it. */
  expire(error: GraphQLFormattedError): void {
    this.#subscription?.close();
    // With the old ones an EventSource is answered 401 next, which ends it too.
    this.#fail([error], false);
  }

  #fail(errors: readonly GraphQLFormattedError[], isForGood: boolean): void {
    if (this.#over) return;
    if (isForGood) this.#outbox.push(OVER_ID);
    this.#outbox.push(NEXT, Buffer.from(JSON.stringify({ errors })), END, COMPLETE);
    this.#close();
  }

  keepAlive(): void {
    // Nothing needs to be kept alive where bytes wait.
    if (!this.#over && this.#outbox.waiting === 0) this.#outbox.push(COMMENT);
  }

  get waiting(): number {
    return this.#outbox.waiting;
  }

  full(): void {
    this.#slow.add(this);
  }

  drained(): void {
    this.#slow.delete(this);
    if (!this.#held) return;
    this.#held = false;
    this.#subscription?.drained();
  }

  moved(): boolean {
    return this.#progress.moved();
  }

  /** A stream has no way to say why behind what is not read: clients resume with their last id. */
  end(): void {
    this.cutOff();
  }

  cutOff(): void {
    this.#response.req.socket.destroy();
  }

  /** Ends the stream without `complete`, so that clients go on elsewhere with their last id. */
  leave(): void {
    if (!this.#over) this.#close();
  }

  #close(): void {
    this.#over = true;
    this.#outbox.flush();
    this.#outbox.close();
    this.#subscription?.close();
    this.#response.end();
    // What is still due may never be read.
    if (this.#response.writableLength > 0) this.#slow.add(this);
  }

  /** The client is gone. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#outbox.close();
    this.#subscription?.close();
  }
}

/** Node keeps what is written to a response until the end of the turn. Here that was done already. */
function bytesOf(response: ServerResponse): ByteStream {
  return {
    write: (bytes, done) => {
      response.write(bytes, done);
      response.socket?.uncork();
    },
    get writableLength() {
      return response.writableLength;
    },
  };
}
