import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { Identity } from '../../core/identity.js';
import { resultTail, type SharedResult } from '../../subscribe/delivery/result-layout.js';
import { DeadlineTimer } from '../delivery/deadline-timer.js';
import { type ResponseStreamParts, ResponseWriter } from '../delivery/response-writer.js';
import { type OperationOutput, RunningOperation } from '../delivery/running-operation.js';
import { RunningOperations } from '../delivery/running-operations.js';
import { SSE_SHAPE } from './sse-framing.js';

/**
 * An event stream that carries the results of many operations, by their ids: single connection mode of GraphQL over SSE. Its
 * events have no `id`: one last id cannot say where several operations resume.
 */
export class SharedEventStream {
  readonly #operations = new RunningOperations();
  /** Of the operations that run, by their ids. */
  readonly #identities = new Map<string, Identity>();
  readonly #identity: Identity;
  readonly #writer: ResponseWriter;
  readonly #expiry = new DeadlineTimer();
  #expiresAt = Number.POSITIVE_INFINITY;

  constructor(response: ServerResponse, identity: Identity, parts: ResponseStreamParts) {
    this.#identity = identity;
    this.#writer = new ResponseWriter(response, SSE_SHAPE, parts, {
      onDrained: () => this.#operations.onDrained(),
      onClose: () => {
        this.#expiry.clear();
        this.#operations.cancelAll();
      },
    });
    this.#expireAt(identity.expiresAt);
  }

  /** Whether its client reads what it gets. */
  get hasRoom(): boolean {
    return !this.#writer.buffer.isFull;
  }

  get size(): number {
    return this.#operations.size;
  }

  has(id: string): boolean {
    return this.#operations.has(id);
  }

  /** Before the operation starts: it may end at once, and frees its id when it does. */
  add(id: string, identity: Identity): RunningOperation {
    const running = new RunningOperation(new SharedOutput(id, this.#writer, () => this.#forget(id)));
    this.#operations.add(id, running);
    this.#identities.set(id, identity);
    this.#expireAt(identity.expiresAt);
    return running;
  }

  /** Its client does not want the operation any more. */
  cancel(id: string): void {
    this.#operations.cancel(id);
    this.#identities.delete(id);
  }

  /** S2: whether any of its credentials are among those. */
  isUsedBy(areThey: (identity: Identity) => boolean): boolean {
    return areThey(this.#identity) || [...this.#identities.values()].some(areThey);
  }

  /**
   * S2: no operation outlives the credentials of its request. All of them belong to one client, which comes back with new ones
   * for each only when its stream ends.
   */
  #expireAt(expiresAt: number | undefined): void {
    if (expiresAt === undefined || expiresAt >= this.#expiresAt) return;
    this.#expiresAt = expiresAt;
    this.#expiry.set(expiresAt, () => this.leave());
  }

  keepAlive(): void {
    this.#writer.keepAlive();
  }

  /** Ends the stream without completing its operations: its client takes that for a lost connection. */
  leave(): void {
    this.#operations.cancelAll();
    this.#writer.end([]);
  }

  #forget(id: string): void {
    this.#operations.delete(id);
    this.#identities.delete(id);
  }
}

const NEXT = 'event: next\ndata: ';

/** The events of one operation. */
class SharedOutput implements OperationOutput {
  /** In comments, which all clients pass over. */
  readonly readsPositions = true;
  readonly #id: string;
  readonly #writer: ResponseWriter;
  readonly #onEnd: () => void;
  readonly #prefix: Buffer;
  #tag: string | undefined;
  #end: Buffer = Buffer.alloc(0);

  /** @param onEnd is called before the client can learn of the end */
  constructor(id: string, writer: ResponseWriter, onEnd: () => void) {
    this.#id = id;
    this.#writer = writer;
    this.#onEnd = onEnd;
    this.#prefix = Buffer.from(`${NEXT}{"id":${JSON.stringify(id)},"payload":`);
  }

  /** C1: passes the cohort's bytes on as they are. Hot path. */
  next({ head }: SharedResult, tag: string): boolean {
    if (tag !== this.#tag) {
      this.#tag = tag;
      this.#end = Buffer.from(`${resultTail(tag)}}\n\n`);
    }
    return this.#writer.buffer.offer([this.#prefix, head, this.#end]);
  }

  position(cursor: string, tag: string, behind: number): boolean {
    const position = { id: this.#id, cursor: cursor + tag, behind };
    return this.#writer.buffer.offer([Buffer.from(`: ${JSON.stringify({ position })}\n\n`)]);
  }

  result(json: string): void {
    this.#finish(`${this.#prefix}${json}}\n\n`);
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    this.result(JSON.stringify({ errors }));
  }

  complete(): void {
    this.#finish('');
  }

  #finish(events: string): void {
    this.#onEnd();
    const complete = `event: complete\ndata: ${JSON.stringify({ id: this.#id })}\n\n`;
    this.#writer.buffer.push([Buffer.from(events + complete)]);
  }
}
