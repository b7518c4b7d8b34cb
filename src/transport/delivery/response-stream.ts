import type { ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { SharedResult } from '../../subscribe/delivery/result-layout.js';
import type { ByteStream } from './byte-stream.js';
import { type OperationOutput, RunningOperation } from './running-operation.js';
import { SendBuffer, type SendBufferListener } from './send-buffer.js';
import type { SlowClient, SlowClientMonitor } from './slow-client-monitor.js';
import type { StreamFraming } from './stream-framing.js';
import type { WriteCoalescer } from './write-coalescer.js';
import { WriteProgress } from './write-progress.js';

/** What all streams of a node share. */
export interface ResponseStreamParts {
  readonly coalescer: WriteCoalescer;
  readonly slowClients: SlowClientMonitor;
  /** Bytes that may be pending before results are refused. */
  readonly highWaterMark: number;
}

/**
 * An HTTP response that carries the results of one operation as they come, in any framing.
 *
 * A client that does not read (D8): the buffer refuses results above the high-water mark, and the monitor of
 * slow clients watches the stream. When the client reads, the operation replays what was refused. When it does
 * not for the time-out, its connection is destroyed.
 */
export class ResponseStream implements OperationOutput, SendBufferListener, SlowClient {
  readonly operation: RunningOperation;
  readonly #response: ServerResponse;
  readonly #framing: StreamFraming;
  readonly #buffer: SendBuffer;
  readonly #slowClients: SlowClientMonitor;
  readonly #progress: WriteProgress;

  /** Sends the response's head at once, so that the client knows that it is connected. */
  constructor(response: ServerResponse, framing: StreamFraming, parts: ResponseStreamParts) {
    this.operation = new RunningOperation(this);
    this.#response = response;
    this.#framing = framing;
    this.#buffer = new SendBuffer(byteStreamOf(response), parts.coalescer, parts.highWaterMark, this);
    this.#slowClients = parts.slowClients;
    this.#progress = new WriteProgress(response.req.socket);
    // `close` is emitted at the end of every response, also of one that ended by itself.
    response.once('close', () => {
      this.#slowClients.unwatch(this);
      this.#abandon();
    });
    response.on('error', () => this.#abandon());
    response.writeHead(200, framing.headers);
    response.flushHeaders();
    if (framing.opening !== undefined) this.#buffer.push([framing.opening]);
  }

  /** C1: passes the cohort's bytes on as they are. */
  next(result: SharedResult, tag: string): boolean {
    return this.#buffer.offer(this.#framing.next(result, tag));
  }

  get readsPositions(): boolean {
    return this.#framing.hasPositions;
  }

  position(cursor: string, tag: string, behind: number): boolean {
    return this.#buffer.offer(this.#framing.position(cursor, tag, behind));
  }

  result(json: string): void {
    this.#endWith(this.#framing.result(json));
  }

  /** An error that may pass (`retry`) leaves the client's last position as it is, so that it resumes there. */
  error(errors: readonly GraphQLFormattedError[]): void {
    const mayPass = errors.some(({ extensions }) => extensions?.['retry'] === true);
    this.#endWith(this.#framing.error(errors, { isFinal: !mayPass }));
  }

  complete(): void {
    this.#endWith(this.#framing.complete());
  }

  /** Cancels the operation and says why: the client must not come back with the same credentials. */
  revoke(error: GraphQLFormattedError): void {
    if (!this.operation.isRunning) return;
    this.operation.cancel();
    this.#endWith(this.#framing.error([error], { isFinal: true }));
  }

  /** Ends the stream without completion: clients take it for a lost connection, and resume. */
  leave(): void {
    if (!this.operation.isRunning) return;
    this.operation.cancel();
    this.#endWith([]);
  }

  keepAlive(): void {
    // Where bytes are pending the line is not idle.
    if (this.operation.isRunning && this.#buffer.pendingBytes === 0) {
      this.#buffer.push([this.#framing.heartbeat]);
    }
  }

  get pendingBytes(): number {
    return this.#buffer.pendingBytes;
  }

  bufferFull(): void {
    this.#slowClients.watch(this);
  }

  bufferDrained(): void {
    this.#slowClients.unwatch(this);
    this.operation.onDrained();
  }

  madeProgress(): boolean {
    return this.#progress.advanced();
  }

  /** A reason would queue behind the bytes that the client does not read. It resumes from its last position. */
  disconnect(): void {
    this.terminate();
  }

  terminate(): void {
    this.#response.req.socket.destroy();
  }

  #endWith(chunks: Buffer[]): void {
    if (chunks.length > 0) this.#buffer.push(chunks);
    this.#buffer.flush();
    this.#buffer.close();
    this.#response.end();
    // The client may never read the rest, and the response holds it until then.
    if (this.#response.writableLength > 0) this.#slowClients.watch(this);
  }

  /** The client is gone. */
  #abandon(): void {
    this.operation.cancel();
    this.#buffer.close();
  }
}

/**
 * Node keeps what is written to a response until the end of the tick, unless the socket is corked already: Node 22 in the socket,
 * newer ones in the response, where `socket.uncork` does not reach it. The buffer has joined the tick's writes, and has to know
 * what the operating system accepts of them.
 */
function byteStreamOf(response: ServerResponse): ByteStream {
  return {
    write: (bytes, done) => {
      const { socket } = response;
      socket?.cork();
      response.write(bytes, done);
      socket?.uncork();
    },
    get writableLength() {
      return response.writableLength;
    },
  };
}
