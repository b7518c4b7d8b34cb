import type { GraphQLFormattedError } from 'graphql';
import type { ResultBatch, SharedResult } from '../../subscribe/delivery/result-layout.js';
import type { ActiveSubscription, ResultSink } from '../../subscribe/delivery/result-sink.js';
import { Envelope } from './envelope.js';

/** What an operation needs of the connection it runs on. */
export interface OperationHost {
  /** Sends `shared` in its envelope as one text message. @returns `false` when it was not taken */
  offer(envelope: Envelope, shared: Buffer): boolean;
  /** The same for all of a batch. @returns `false` when none of it was taken, though some of it may be one by one */
  offerAll(envelope: Envelope, batch: ResultBatch): boolean;
  /** Sends what cannot be sent again. */
  send(message: string): void;
  /** The operation is over: its id is free again. */
  ended(operation: SocketOperation): void;
}

/** One operation on a WebSocket, until it ends or the client stops it. */
export class SocketOperation implements ResultSink {
  readonly id: string;
  readonly #host: OperationHost;
  /** Made for the first result of a subscription. */
  #envelope: Envelope | undefined;
  #abort: AbortController | undefined;
  #subscription: ActiveSubscription | undefined;
  #over = false;
  #stopped = false;
  #held = false;

  constructor(id: string, host: OperationHost) {
    this.id = id;
    this.#host = host;
  }

  /** Aborted when the client stops the operation or goes away. Made for who asks: subscriptions never do. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopped) this.#abort.abort();
    return this.#abort.signal;
  }

  get over(): boolean {
    return this.#over;
  }

  /** The subscription that fills this sink. It may have ended already. */
  runs(subscription: ActiveSubscription): void {
    if (this.#over) subscription.close();
    else this.#subscription = subscription;
  }

  /** C1: the cohort's bytes as they are, between this operation's own two ends. Hot path (bench: fan-out). */
  next(result: SharedResult, tag: string): boolean {
    if (this.#over) return true;
    const taken = this.#host.offer(this.#sealed(tag), result.head);
    if (!taken) this.#held = true;
    return taken;
  }

  /** The same for a batch. Hot path (bench: fan-out). */
  nextAll(batch: ResultBatch, tag: string): boolean {
    if (this.#over) return true;
    return this.#host.offerAll(this.#sealed(tag), batch);
  }

  /** The whole result of a query or mutation. */
  result(json: string): void {
    if (this.#over) return;
    this.#host.send(`{"id":${JSON.stringify(this.id)},"type":"next","payload":${json}}`);
    this.complete();
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    if (this.#over) return;
    this.#end();
    this.#host.send(JSON.stringify({ id: this.id, type: 'error', payload: errors }));
  }

  complete(): void {
    if (this.#over) return;
    this.#end();
    this.#host.send(JSON.stringify({ id: this.id, type: 'complete' }));
  }

  /** Whether it brought something that was not taken. */
  get held(): boolean {
    return this.#held;
  }

  /** The connection has room again. */
  drained(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#subscription?.drained();
  }

  /** The client wants no more: nothing is sent for it from here on. */
  stop(): void {
    if (this.#over) return;
    this.#end();
    this.#stopped = true;
    this.#subscription?.close();
    this.#abort?.abort();
  }

  #sealed(tag: string): Envelope {
    this.#envelope ??= new Envelope(this.id);
    this.#envelope.seal(tag);
    return this.#envelope;
  }

  #end(): void {
    this.#over = true;
    this.#host.ended(this);
  }
}
