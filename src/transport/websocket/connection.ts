import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Message, parseMessage } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import type { Authenticate } from '../../auth/authenticate.js';
import { assertNever, MillraceError } from '../../core/errors.js';
import { ANONYMOUS, type Identity } from '../../core/identity.js';
import type { Logger } from '../../observe/log.js';
import type { Operations } from '../../operation/operations.js';
import type { OperationRequest } from '../../operation/request.js';
import type { ResultBatch } from '../../subscribe/delivery/result-layout.js';
import type { TransportLimits } from '../delivery/limits.js';
import { Outbox, type OutboxHost, type TurnEnd } from '../delivery/outbox.js';
import { Progress } from '../delivery/progress.js';
import type { SlowClient, SlowClients } from '../delivery/slow-clients.js';
import { Timer } from '../delivery/timer.js';
import { flatHeaders, socketCaller } from '../http/caller.js';
import { formatted, refusal } from '../http/refusal.js';
import { CLOSE_CODES, type CloseReason } from './close-codes.js';
import type { Compression } from './compression.js';
import type { Envelope } from './envelope.js';
import { textHeader } from './frames.js';
import { type OperationHost, SocketOperation } from './operation.js';
import { type Effect, onAuthenticated, onMessage, type Phase } from './protocol.js';
import type { Templates } from './templates.js';

export interface ConnectionParts {
  /** `undefined`: compression is not offered. */
  readonly compression?: Compression | undefined;
  readonly operations: Operations;
  readonly authenticate: Authenticate;
  readonly limits: TransportLimits;
  readonly logger: Logger;
  readonly turn: TurnEnd;
  readonly templates: Templates;
  readonly slow: SlowClients;
  /** Milliseconds within which `connection_init` has to come. */
  readonly initTimeout: number;
}

/** The longest reason that fits into a close frame (RFC 6455, section 5.5). */
const REASON_BYTES = 123;

/**
 * One WebSocket. `ws` keeps the handshake, control frames and parsing; text frames are made here and
 * written to the same socket, which is safe because `ws` writes whole frames within one turn.
 */
export class Connection implements OperationHost, OutboxHost, SlowClient {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  /** As `SlowClients` asks, and as the keep-alive does. */
  readonly #progress: Progress;
  readonly #signs: Progress;
  /** Until it is authenticated: what a request holds is as much as all else of a connection. */
  #upgrade: IncomingMessage | undefined;
  readonly #parts: ConnectionParts;
  readonly #outbox: Outbox;
  /** Of a client that agreed to it. */
  readonly #compression: Compression | undefined;
  readonly #running = new Map<string, SocketOperation>();
  /** First for `connection_init`, then for the end of the credentials. */
  readonly #timer = new Timer();
  #phase: Phase = 'opened';
  #identity: Identity = ANONYMOUS;
  #params: Readonly<Record<string, unknown>> = {};
  #alive = true;
  /** Whether bytes waited at the last sign of life. */
  #waited = false;

  constructor(socket: WebSocket, stream: Duplex, upgrade: IncomingMessage, parts: ConnectionParts) {
    this.#socket = socket;
    this.#stream = stream;
    this.#progress = new Progress(stream);
    this.#signs = new Progress(stream);
    this.#upgrade = upgrade;
    this.#parts = parts;
    this.#compression = socket.extensions.includes('permessage-deflate') ? parts.compression : undefined;
    this.#outbox = new Outbox(stream, parts.turn, parts.limits.highWaterMark, this);
    this.#timer.at(Date.now() + parts.initTimeout, () => this.close('INIT_TIMEOUT'));
    socket.on('message', (data, binary) => this.#onData(data, binary));
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('ping', (data) => {
      // Above the mark a client that floods us with pings and reads nothing gets no answers (S4).
      if (this.#outbox.waiting <= parts.limits.highWaterMark) {
        socket.pong(data, false, () => this.#outbox.written());
      }
    });
    socket.on('close', () => this.#onClose());
    // `ws` closes the connection by itself; what the client did wrong is not this server's error.
    socket.on('error', (error) => parts.logger.debug({ err: error }, 'a WebSocket failed'));
  }

  /** Asks the client whether it is there, and ends the connection when it was not since the last time. */
  keepAlive(): void {
    // A ping would queue behind what waits: how long that may wait is not decided here. `ws` ends what closes.
    if (this.#outbox.full || this.#socket.readyState !== this.#socket.OPEN) return;
    // Taking what waited is a sign of life too: a pong queues behind it.
    const moved = this.#signs.moved();
    if (!this.#alive && !(this.#waited && moved)) {
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#waited = this.#stream.writableLength > 0;
    this.#socket.ping('', false, () => this.#outbox.written());
  }

  get waiting(): number {
    return this.#outbox.waiting;
  }

  full(): void {
    this.#parts.slow.add(this);
  }

  moved(): boolean {
    return this.#progress.moved();
  }

  end(): void {
    this.close('SLOW_CONSUMER');
  }

  cutOff(): void {
    this.#socket.terminate();
  }

  close(reason: CloseReason, detail?: string): void {
    const { code, reason: usual } = CLOSE_CODES[reason];
    const text = detail !== undefined && Buffer.byteLength(detail) <= REASON_BYTES ? detail : usual;
    this.#outbox.flush();
    this.#outbox.close();
    // Paused, it would never see the client's answer.
    if (this.#socket.isPaused) this.#socket.resume();
    this.#socket.close(code, text);
    this.#stopAll();
  }

  offer(envelope: Envelope, shared: Buffer): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#outbox.full) return false;
    const deflated = this.#compression?.message(envelope.prefix, shared, envelope.end);
    if (deflated === undefined) return this.#outbox.offer(envelope.opening(shared), shared, envelope.end);
    const length = deflated.reduce((sum, part) => sum + part.length, 0);
    return this.#outbox.offer(textHeader(length, true), ...deflated);
  }

  offerAll(envelope: Envelope, batch: ResultBatch): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#compression !== undefined) return false;
    return this.#outbox.offerAll(this.#parts.templates.of(batch, envelope), envelope.stamp);
  }

  send(message: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const bytes = Buffer.from(message);
    // What is not a subscription's result cannot hold back by itself: take no more requests meanwhile (S4).
    if (!this.#outbox.push(textHeader(bytes.length), bytes)) this.#socket.pause();
  }

  ended({ id }: SocketOperation): void {
    this.#running.delete(id);
  }

  #onData(data: RawData, binary: boolean): void {
    this.#alive = true;
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    let message: Message;
    try {
      if (binary) throw new Error('Messages are text');
      message = parseMessage(data.toString());
    } catch (error) {
      this.close('BAD_REQUEST', error instanceof Error ? error.message : undefined);
      return;
    }
    const { operationsPerConnection } = this.#parts.limits;
    const { phase, effect } = onMessage(this.#phase, message, this.#running, operationsPerConnection);
    this.#phase = phase;
    try {
      this.#perform(effect);
    } catch (error) {
      // S4: thrown on, it would end the process. A payload nested too deeply to be written again gets here.
      this.#parts.logger.error({ err: error }, 'a message failed for a reason of its own');
      this.close('INTERNAL');
    }
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'nothing':
        return;
      case 'authenticate':
        void this.#authenticate(effect.params);
        return;
      case 'pong':
        this.send(JSON.stringify({ type: 'pong', payload: effect.payload }));
        return;
      case 'start':
        this.#start(effect.id, effect.request);
        return;
      case 'refuse': {
        const message = `At most ${this.#parts.limits.operationsPerConnection} operations run at once on one connection.`;
        const payload = [refusal('LIMIT_EXCEEDED', message)];
        this.send(JSON.stringify({ id: effect.id, type: 'error', payload }));
        return;
      }
      case 'stop':
        this.#running.get(effect.id)?.stop();
        return;
      case 'close':
        this.close(effect.reason, effect.detail);
        return;
      default:
        assertNever(effect);
    }
  }

  async #authenticate(params: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      const headers = flatHeaders(this.#upgrade?.headers ?? {});
      this.#upgrade = undefined;
      this.#identity = await this.#parts.authenticate({ headers, connectionParams: params });
    } catch (error) {
      if (error instanceof MillraceError) return this.close('FORBIDDEN', error.message);
      this.#parts.logger.error({ err: error }, 'authentication failed for a reason of its own');
      return this.close('INTERNAL');
    }
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#params = params;
    this.#phase = onAuthenticated();
    const { expiresAt } = this.#identity;
    // S2: nothing on this connection outlives its credentials.
    if (expiresAt === undefined) this.#timer[Symbol.dispose]();
    else this.#timer.at(expiresAt, () => this.close('CREDENTIALS_EXPIRED'));
    this.send('{"type":"connection_ack"}');
  }

  #start(id: string, request: OperationRequest): void {
    const { operations, logger } = this.#parts;
    const operation = new SocketOperation(id, this);
    this.#running.set(id, operation);
    const prepared = operations.prepare(request);
    if (prepared.kind === 'invalid') {
      operation.error(prepared.errors.map((error) => error.toJSON()));
      return;
    }
    const caller = socketCaller(this.#params, request, this.#identity, operation);
    if (prepared.kind === 'subscription') {
      operation.runs(operations.subscribe(prepared, caller, operation));
      return;
    }
    operations
      .run(prepared, caller)
      .then((result) => operation.result(JSON.stringify(result)))
      .catch((error: unknown) => {
        logger.error({ err: error }, 'an operation failed for a reason of its own');
        operation.error([formatted(error)]);
      });
  }

  drained(): void {
    this.#parts.slow.delete(this);
    this.#alive = true;
    if (this.#socket.isPaused) this.#socket.resume();
    const [first, ...others] = [...this.#running.values()].filter(({ held }) => held);
    if (first === undefined) return;
    // The first may fill it up again: next time another one is the first.
    this.#running.delete(first.id);
    this.#running.set(first.id, first);
    for (const operation of [first, ...others]) operation.drained();
  }

  #onClose(): void {
    this.#timer[Symbol.dispose]();
    this.#outbox.close();
    this.#parts.slow.delete(this);
    this.#stopAll();
  }

  #stopAll(): void {
    for (const operation of [...this.#running.values()]) operation.stop();
  }
}
