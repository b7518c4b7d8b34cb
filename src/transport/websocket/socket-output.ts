import type { GraphQLFormattedError } from 'graphql';
import type { ResultBatch, SharedResult } from '../../subscribe/delivery/result-layout.js';
import type { OperationOutput } from '../delivery/running-operation.js';
import type { RunningOperations } from '../delivery/running-operations.js';
import { Envelope } from './envelope.js';
import { textFrame, textHeader } from './frames.js';
import type { SocketWriter } from './socket-writer.js';

/** The messages of one operation on a WebSocket. */
export class SocketOutput implements OperationOutput {
  readonly #id: string;
  readonly #writer: SocketWriter;
  readonly #operations: RunningOperations;
  readonly readsPositions: boolean;
  /** Created for the first result of a subscription: there may be a million quiet ones. */
  #envelope: Envelope | undefined;

  /**
   * @param operations of the connection: the id is free again before the client can learn of the end
   * @param readsPositions whether the client said that it does
   */
  constructor(id: string, writer: SocketWriter, operations: RunningOperations, readsPositions: boolean) {
    this.readsPositions = readsPositions;
    this.#id = id;
    this.#writer = writer;
    this.#operations = operations;
  }

  /** C1: the cohort's bytes as they are, between this operation's own two ends. Hot path (bench: fanout). */
  next({ head }: SharedResult, tag: string): boolean {
    const { isOpen, buffer, compression } = this.#writer;
    // The client has begun to close; what it would be sent after the close frame has no reader.
    if (!isOpen) return true;
    if (buffer.isFull) return false;
    const envelope = this.#envelopeFor(tag);
    const deflated = compression?.compress(envelope.prefix, head, envelope.end);
    if (deflated === undefined) return buffer.offer([envelope.frameStart(head), head, envelope.end]);
    // Compressed, the length differs with each result, so the header cannot be shared.
    const length = deflated.reduce((sum, part) => sum + part.length, 0);
    return buffer.offer([textHeader(length, true), ...deflated]);
  }

  /** Hot path (bench: fanout). Compressed results are sent one by one: they have no template. */
  nextAll(batch: ResultBatch, tag: string): boolean {
    const { isOpen, buffer, compression, templates } = this.#writer;
    if (!isOpen) return true;
    if (compression !== undefined) return false;
    const envelope = this.#envelopeFor(tag);
    return buffer.offerTemplate(templates.get(batch, envelope), envelope.values);
  }

  position(cursor: string, tag: string, behind: number): boolean {
    const { isOpen, buffer, subprotocol } = this.#writer;
    if (!isOpen) return false;
    return buffer.offer([textFrame(subprotocol.position(this.#id, cursor + tag, behind))]);
  }

  result(json: string): void {
    const type = this.#writer.subprotocol.resultType;
    this.#writer.send(`{"id":${JSON.stringify(this.#id)},"type":"${type}","payload":${json}}`);
    this.complete();
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    this.#operations.delete(this.#id);
    for (const message of this.#writer.subprotocol.error(this.#id, errors)) this.#writer.send(message);
  }

  complete(): void {
    this.#operations.delete(this.#id);
    this.#writer.send(JSON.stringify({ id: this.#id, type: 'complete' }));
  }

  #envelopeFor(tag: string): Envelope {
    this.#envelope ??= new Envelope(this.#id, this.#writer.subprotocol.resultType);
    this.#envelope.setTag(tag);
    return this.#envelope;
  }
}
