import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { MessageType, type SubscribePayload } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import { formattedError } from '../../core/client-error.js';
import { assertNever, MillraceError } from '../../core/errors.js';
import { stringifyJson } from '../../core/exact-json.js';
import type { ClientMetadata, OperationRequest } from '../../operation/request.js';
import { callerOf, flatHeaders } from '../caller.js';
import { operationMetadata } from '../client-metadata.js';
import type { TurnTaker } from '../delivery/connection-queue.js';
import { runOperation } from '../delivery/run-operation.js';
import { RunningOperation } from '../delivery/running-operation.js';
import { RunningOperations } from '../delivery/running-operations.js';
import { SendBuffer, type SendBufferListener } from '../delivery/send-buffer.js';
import type { SlowClient } from '../delivery/slow-client-monitor.js';
import { WriteProgress } from '../delivery/write-progress.js';
import { toOperationRequest } from '../operation-request.js';
import { CLOSE_CODES, type CloseReason } from './close-codes.js';
import { ConnectionCredentials, type CredentialsHost } from './connection-credentials.js';
import type { ConnectionParts } from './connection-parts.js';
import type { ConnectionState } from './connection-state.js';
import { Heartbeat } from './heartbeat.js';
import { MessageQueue } from './message-queue.js';
import { type Effect, onAuthenticated, onMessage } from './protocol.js';
import { SocketOutput } from './socket-output.js';
import { SocketWriter } from './socket-writer.js';
import type { ClientMessage } from './subprotocol.js';

/** The longest reason that fits into a close frame (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/**
 * One WebSocket: performs what the protocol (`protocol.ts`) decides. `ws` does the handshake, control frames
 * and parsing; `SocketWriter` sends.
 *
 * A client that does not read (D8): its buffer fills up to the high-water mark, `bufferFull` registers it with the
 * slow-client monitor, and its operations refuse results from then on. When it reads, `bufferDrained` lets
 * the operations replay what they refused. If it reads nothing for `SLOW_TIMEOUT_MS`, the monitor disconnects it.
 */
export class Connection implements SendBufferListener, SlowClient, TurnTaker<Buffer>, CredentialsHost {
  readonly #socket: WebSocket;
  readonly #parts: ConnectionParts;
  readonly #writer: SocketWriter;
  readonly #heartbeat: Heartbeat;
  /** Separate from the heartbeat's: reading the progress resets it. */
  readonly #progress: WriteProgress;
  readonly #operations = new RunningOperations();
  readonly #messages: MessageQueue;
  readonly #credentials: ConnectionCredentials;
  #state: ConnectionState;
  readonly #ping = (): void => this.#writer.send('{"type":"ping"}');
  /** Whether the last message brought a document that was not known. */
  #isNewDocument = false;

  constructor(socket: WebSocket, stream: Duplex, upgrade: IncomingMessage, parts: ConnectionParts) {
    const buffer = new SendBuffer(stream, parts.coalescer, parts.highWaterMark, this);
    this.#socket = socket;
    this.#parts = parts;
    this.#writer = new SocketWriter(socket, buffer, parts);
    this.#heartbeat = new Heartbeat(socket, stream, buffer);
    this.#progress = new WriteProgress(stream);
    this.#messages = new MessageQueue(parts.turns, this, parts.subprotocol);
    this.#state = { phase: 'opened', upgrade };
    this.#credentials = new ConnectionCredentials(parts, this);
    socket.on('message', (data, binary) => this.#onData(data, binary));
    socket.on('ping', (data) => {
      // S4: a client that floods the node with pings and reads nothing gets no answers above the mark.
      if (buffer.pendingBytes <= parts.highWaterMark) socket.pong(data, false, () => buffer.onWritten());
    });
    socket.on('close', () => this.#onClose());
    // `ws` closes the connection itself. The fault is the client's or the network's.
    socket.on('error', (error) => parts.logger.debug({ err: error }, 'a WebSocket failed'));
  }

  keepAlive(): void {
    // It may not be read at the moment, so that no pong of its client arrives.
    if (this.#messages.isWaiting) this.#heartbeat.signOfLife();
    // The page itself answers, so a frozen page is found. Its browser would answer a ping frame for it.
    const isAnswered =
      this.#state.phase === 'acknowledged' && this.#state.readsPositions && this.#parts.subprotocol.hasPings;
    if (this.#state.phase === 'acknowledged') this.#writer.keepAlive();
    this.#heartbeat.beat(isAnswered ? this.#ping : undefined);
  }

  get isOpen(): boolean {
    return this.#writer.isOpen;
  }

  send(message: string): void {
    this.#writer.send(message);
  }

  /** @param detail replaces the usual reason of the code, where it fits */
  close(reason: CloseReason, detail?: string): void {
    const { code, reason: usual, retry } = CLOSE_CODES[reason];
    if (!retry && this.#state.phase !== 'acknowledged') this.#writer.refuse(detail ?? usual);
    const fits = detail !== undefined && Buffer.byteLength(detail) <= MAX_REASON_BYTES;
    this.#messages.clear();
    this.#writer.end();
    this.#socket.close(code, fits ? detail : usual);
    this.#operations.cancelAll();
  }

  /** S2: closes the connection, with all of its operations, if its credentials were revoked. */
  endIfRevoked(): void {
    const state = this.#state;
    if (state.phase !== 'acknowledged' || !this.isOpen || !this.#parts.isRevoked(state.identity)) return;
    this.close('CREDENTIALS_REVOKED');
  }

  terminate(): void {
    this.#socket.terminate();
  }

  get pendingBytes(): number {
    return this.#writer.buffer.pendingBytes;
  }

  madeProgress(): boolean {
    return this.#progress.advanced();
  }

  disconnect(): void {
    this.close('SLOW_CONSUMER');
  }

  bufferFull(): void {
    this.#parts.slowClients.watch(this);
  }

  bufferDrained(): void {
    this.#parts.slowClients.unwatch(this);
    this.#heartbeat.signOfLife();
    this.#writer.releaseReading('answers');
    this.#operations.onDrained();
  }

  pauseReading(): void {
    this.#writer.holdReading('messages');
  }

  resumeReading(): void {
    this.#writer.releaseReading('messages');
  }

  #onData(data: RawData, binary: boolean): void {
    this.#heartbeat.signOfLife();
    if (!this.#writer.isOpen) return;
    if (binary) this.close('BAD_REQUEST', 'Messages must be text');
    // `ws` gives messages as Buffers, unless its `binaryType` is changed.
    else this.#messages.add(data as Buffer);
  }

  /** S4: one message, when its connection has its turn. */
  perform(data: Buffer): boolean {
    this.#isNewDocument = false;
    if (this.#writer.isOpen) this.#handle(data);
    return this.#isNewDocument;
  }

  #handle(data: Buffer): void {
    let message: ClientMessage;
    try {
      message = this.#parts.subprotocol.parse(data);
    } catch (error) {
      this.close('BAD_REQUEST', error instanceof Error ? error.message : undefined);
      return;
    }
    if (message.type === MessageType.Complete) this.#messages.onComplete(data);
    const { operationsPerConnection, report } = this.#parts;
    // The phase moves before the effect runs, so a second `connection_init` finds the first one under way even
    // while its credentials are being checked.
    const { phase, effect } = onMessage(
      this.#state.phase,
      message,
      this.#operations,
      operationsPerConnection,
    );
    if (phase === 'authenticating' && this.#state.phase === 'opened') {
      const { headers, socket } = this.#state.upgrade;
      this.#state = { phase, headers: flatHeaders(headers), remoteAddress: socket.remoteAddress };
    }
    try {
      this.#performEffect(effect);
    } catch (error) {
      // S4: an uncaught error here would crash the process.
      report(error);
      this.close('INTERNAL');
    }
  }

  #performEffect(effect: Effect): void {
    switch (effect.do) {
      case 'nothing':
        return;
      case 'authenticate':
        if (this.#parts.subprotocol.startsEarly) this.#messages.hold();
        void this.#authenticate(effect.params);
        return;
      case 'renew':
        this.#renew(effect.presented);
        return;
      case 'pong':
        this.#pong(effect.payload);
        return;
      case 'start':
        this.#start(effect.id, effect.payload);
        return;
      case 'refuse':
        this.#refuse(effect.id);
        return;
      case 'stop':
        this.#operations.cancel(effect.id);
        return;
      case 'close':
        this.close(effect.reason, effect.detail);
        return;
      default:
        assertNever(effect);
    }
  }

  #pong(payload: Readonly<Record<string, unknown>> | undefined): void {
    try {
      this.#writer.send(stringifyJson({ type: 'pong', payload }));
    } catch {
      // S4: what is nested too deeply can be parsed, but not written.
      this.close('BAD_REQUEST', 'The payload of the ping is nested too deeply');
    }
  }

  async #authenticate(connectionParams: Readonly<Record<string, unknown>>): Promise<void> {
    // The effect belongs to the transition to this phase; this narrows the type.
    if (this.#state.phase !== 'authenticating') return;
    const acknowledged = await this.#credentials.verify(connectionParams, this.#state);
    if (acknowledged === undefined) return;
    this.#state = { phase: onAuthenticated(), ...acknowledged };
    // S2: they may have been revoked since they were verified, when this connection was not yet theirs.
    this.endIfRevoked();
    if (!this.isOpen) return;
    this.#writer.keepAlive();
    this.#messages.release();
  }

  #renew(presented: unknown): void {
    const state = this.#state.phase === 'acknowledged' ? this.#state : undefined;
    void this.#credentials.renew(presented, state, (identity) => {
      if (state !== undefined) this.#state = { ...state, identity };
      this.endIfRevoked();
      if (!this.isOpen) return;
      this.#operations.renew(identity);
    });
  }

  #start(id: string, payload: SubscribePayload): void {
    // The protocol starts operations in no other phase; this narrows the type.
    if (this.#state.phase !== 'acknowledged') return;
    const { identity, metadata: ofConnection, readsPositions: withPositions } = this.#state;
    const output = new SocketOutput(id, this.#writer, this.#operations, withPositions);
    const running = new RunningOperation(output);
    // Before it starts: it may end at once, and frees its id when it does.
    this.#operations.add(id, running);
    // Its `complete` waits behind it, and ends it: nothing of it is worth the work.
    if (this.#messages.isCompleted(id)) return;
    let request: OperationRequest;
    let metadata: ClientMetadata;
    try {
      request = toOperationRequest(payload);
      metadata = operationMetadata(ofConnection, request.extensions);
    } catch (error) {
      running.error([formattedError(error, this.#parts.report)]);
      return;
    }
    const prepared = this.#parts.operations.prepare(request);
    this.#isNewDocument = prepared.isNew === true;
    runOperation(this.#parts, running, prepared, callerOf(identity, metadata, running));
  }

  #refuse(id: string): void {
    const { operationsPerConnection, report } = this.#parts;
    const message = `At most ${operationsPerConnection} operations may run at the same time on one connection.`;
    const errors = [formattedError(new MillraceError('LIMIT_EXCEEDED', message), report)];
    for (const one of this.#parts.subprotocol.error(id, errors)) this.#writer.send(one);
  }

  /** The socket is gone, on either side's initiative: nothing may keep a reference to this connection. */
  #onClose(): void {
    this.#credentials.stop();
    this.#messages.clear();
    this.#writer.buffer.close();
    this.#parts.slowClients.unwatch(this);
    this.#operations.cancelAll();
  }
}
