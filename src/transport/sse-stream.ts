import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { type ActiveSubscription, RESULT_END, type SharedResult, type Sink } from '../subscribe/sink.js';
import { Outbox, type TurnEnd } from './outbox.js';

/** `id` comes first: simple clients take all that follows `data: ` for the data. */
const ID = Buffer.from('id: ');
const NEXT = Buffer.from('event: next\ndata: ');
const END = Buffer.from('\n\n');
const COMPLETE = Buffer.from('event: complete\ndata:\n\n');
const COMMENT = Buffer.from(':\n\n');

/** One event stream: the results of one operation (GraphQL over SSE, distinct connections mode). */
export class SseStream implements Sink {
  readonly #response: ServerResponse;
  readonly #outbox: Outbox;
  #tag: string | undefined;
  #afterCursor: Buffer = END;
  #afterHead: Buffer = END;
  #subscription: ActiveSubscription | undefined;
  #over = false;

  constructor(response: ServerResponse, turn: TurnEnd, highWaterMark: number) {
    this.#response = response;
    this.#outbox = new Outbox(response, turn, highWaterMark, () => this.#subscription?.drained());
    response.once('close', () => this.stop());
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
      this.#afterHead = Buffer.from(`${tag}${RESULT_END}\n\n`);
    }
    return this.#outbox.push(ID, Buffer.from(cursor), this.#afterCursor, NEXT, head, this.#afterHead);
  }

  /** The whole result of a query or mutation, or of an operation that did not start. */
  result(json: string): void {
    if (this.#over) return;
    this.#outbox.push(NEXT, Buffer.from(json), END);
    this.complete();
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    this.result(JSON.stringify({ errors }));
  }

  complete(): void {
    if (this.#over) return;
    this.#outbox.push(COMPLETE);
    this.end();
  }

  /** Ends the stream with this error, whatever runs on it. */
  refuse(error: GraphQLFormattedError): void {
    this.#subscription?.close();
    this.error([error]);
  }

  keepAlive(): void {
    // Nothing needs to be kept alive where bytes wait.
    if (!this.#over && this.#outbox.waiting === 0) this.#outbox.push(COMMENT);
  }

  /** Ends the stream without `complete`, so that clients go on elsewhere with their last id. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#outbox.flush();
    this.#outbox.close();
    this.#subscription?.close();
    this.#response.end();
  }

  /** The client is gone. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#outbox.close();
    this.#subscription?.close();
  }
}
