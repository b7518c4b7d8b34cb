import type { ServerResponse } from 'node:http';
import { credentialsRevoked } from '../../auth/revocations.js';
import { formattedError } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import type { Identity } from '../../core/identity.js';
import type { Prepared } from '../../operation/operations.js';
import type { ClientMetadata } from '../../operation/request.js';
import { callerOf } from '../caller.js';
import { DeadlineTimer } from '../delivery/deadline-timer.js';
import { Heartbeats } from '../delivery/heartbeats.js';
import { ResponseStream } from '../delivery/response-stream.js';
import type { ResponseStreamParts } from '../delivery/response-writer.js';
import { type OperationRunner, runOperation } from '../delivery/run-operation.js';
import type { StreamFraming } from '../delivery/stream-framing.js';
import { SharedEventStream } from '../sse/shared-event-stream.js';

export interface StreamTransportParts extends ResponseStreamParts, OperationRunner {
  /** Milliseconds between heartbeats on a quiet stream; below the idle time-outs of usual proxies. */
  readonly keepAlive: number;
  /** Whether credentials were revoked since they were verified. */
  readonly isRevoked: (identity: Identity) => boolean;
}

/** When a client that was refused comes back; at most twice as late. */
const MIN_RECONNECT_MS = 2_000;

/**
 * GraphQL over streamed HTTP responses: one for each operation, in any framing, or one event stream for many operations.
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md
 */
export class StreamTransport implements AsyncDisposable {
  readonly #parts: StreamTransportParts;
  readonly #streams = new Map<ResponseStream, Identity>();
  readonly #shared = new Set<SharedEventStream>();
  readonly #heartbeats: Heartbeats<ResponseStream | SharedEventStream>;
  #closing = false;

  constructor(parts: StreamTransportParts) {
    this.#parts = parts;
    this.#heartbeats = new Heartbeats(parts.keepAlive);
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size + this.#shared.size;
  }

  /**
   * Answers a request with a stream of what its operation makes.
   * @throws {MillraceError} SHUTTING_DOWN: nothing was answered
   */
  open(
    response: ServerResponse,
    framing: StreamFraming,
    prepared: Prepared,
    identity: Identity,
    metadata: ClientMetadata,
  ): void {
    if (!this.#isWanted(response)) return;
    const expiry = new DeadlineTimer();
    const stream = new ResponseStream(response, framing, this.#parts);
    this.#streams.set(stream, identity);
    const group = this.#heartbeats.join(stream);
    response.once('close', () => {
      this.#streams.delete(stream);
      this.#heartbeats.leave(stream, group);
      expiry.clear();
    });
    const { expiresAt } = identity;
    if (prepared.kind === 'subscription' && expiresAt !== undefined) {
      // S2: no stream outlives its credentials. Its client is told why when it comes back without new ones: after an error
      // or `complete` here, graphql-sse would not come back at all.
      expiry.set(expiresAt, () => stream.leave());
    }
    runOperation(this.#parts, stream.operation, prepared, callerOf(identity, metadata, stream.operation));
  }

  /** S2: further credentials were revoked. */
  endRevoked(): void {
    const { isRevoked, report } = this.#parts;
    for (const [stream, identity] of this.#streams)
      if (isRevoked(identity)) stream.revoke(formattedError(credentialsRevoked(), report));
    // Its client is told why when it comes back.
    for (const stream of this.#shared) if (stream.isUsedBy(isRevoked)) stream.leave();
  }

  /**
   * Answers a request with a stream for many operations.
   * @param identity of this request; each operation has its own
   * @returns `undefined`: its client has left
   * @throws {MillraceError} SHUTTING_DOWN: nothing was answered
   */
  share(response: ServerResponse, identity: Identity): SharedEventStream | undefined {
    if (!this.#isWanted(response)) return undefined;
    const stream = new SharedEventStream(response, identity, this.#parts);
    this.#shared.add(stream);
    const group = this.#heartbeats.join(stream);
    response.once('close', () => {
      this.#shared.delete(stream);
      this.#heartbeats.leave(stream, group);
    });
    return stream;
  }

  /** The client may have left while its credentials were checked; `close` would not be emitted again. */
  #isWanted(response: ServerResponse): boolean {
    if (response.destroyed) return false;
    if (!this.#closing) return true;
    throw new MillraceError('SHUTTING_DOWN', 'This node is shutting down. Try another one.');
  }

  /**
   * Refuses a stream for now: a stream that says why and ends, so that its client comes back after a while. At
   * random, so that clients refused together do not retry together.
   */
  refuse(response: ServerResponse, framing: StreamFraming, error: MillraceError): void {
    if (response.destroyed) return;
    const reconnectMs = Math.round(MIN_RECONNECT_MS * (1 + Math.random()));
    const shown = formattedError(error, this.#parts.report);
    response.writeHead(200, framing.headers);
    const { opening } = framing;
    const end = framing.error([shown], { isFinal: false, reconnectMs });
    response.end(Buffer.concat(opening === undefined ? end : [opening, ...end]));
  }

  /** Ends every stream without completion, so that clients resume on another node. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.#heartbeats[Symbol.dispose]();
    for (const stream of [...this.#streams.keys(), ...this.#shared]) stream.leave();
  }
}
