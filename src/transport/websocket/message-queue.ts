import { MessageType } from 'graphql-ws';
import { ConnectionQueue, type TurnTaker } from '../delivery/connection-queue.js';
import type { Turns } from '../delivery/turns.js';
import type { ClientMessage, Subprotocol } from './subprotocol.js';

/** A longer `complete`, with an unusually long id, is not looked at before its turn. */
const MAX_COMPLETE_BYTES = 256;

/**
 * The messages of one WebSocket, in the order in which they came, in turns with those of other connections (S4). Pings of
 * the protocol keep their place too: a flood of them is work like any other.
 *
 * A `complete` that waits makes the `subscribe` before it needless. `isCompleted` says so when the latter has its turn,
 * and then its document is not even parsed.
 */
export class MessageQueue {
  readonly #queue: ConnectionQueue<Buffer>;
  readonly #subprotocol: Subprotocol;
  /** How many `complete` messages wait, by id. */
  #completes: Map<string, number> | undefined;

  constructor(turns: Turns, taker: TurnTaker<Buffer>, subprotocol: Subprotocol) {
    this.#subprotocol = subprotocol;
    this.#queue = new ConnectionQueue(turns, taker);
  }

  /** Whether messages wait for their turn. */
  get isWaiting(): boolean {
    return this.#queue.size > 0;
  }

  add(message: Buffer): void {
    if (this.#queue.add(message, message.length)) return;
    const id = this.#completedBy(message);
    if (id === undefined) return;
    this.#completes ??= new Map();
    this.#completes.set(id, (this.#completes.get(id) ?? 0) + 1);
  }

  /** Call it when a `complete` has its turn. */
  onComplete(message: Buffer): void {
    const completes = this.#completes;
    if (completes === undefined || completes.size === 0) return;
    const id = this.#completedBy(message);
    const waiting = id === undefined ? undefined : completes.get(id);
    if (id === undefined || waiting === undefined) return;
    if (waiting > 1) completes.set(id, waiting - 1);
    else completes.delete(id);
  }

  /** Whether the client has sent `complete` for this operation, behind the message that has its turn now. */
  isCompleted(id: string): boolean {
    return this.#completes?.has(id) === true;
  }

  /** Nothing is done until `release`: what comes waits, within the bounds of what may. */
  hold(): void {
    this.#queue.hold();
  }

  release(): void {
    this.#queue.release();
  }

  clear(): void {
    this.#queue.clear();
    this.#completes = undefined;
  }

  /** The id of a short `complete` message. */
  #completedBy(bytes: Buffer): string | undefined {
    if (bytes.length > MAX_COMPLETE_BYTES || !bytes.includes(this.#subprotocol.stopMark)) return undefined;
    let message: ClientMessage;
    try {
      message = this.#subprotocol.parse(bytes);
    } catch {
      return undefined; // Reported in its turn.
    }
    return message.type === MessageType.Complete ? message.id : undefined;
  }
}
