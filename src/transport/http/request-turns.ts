import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionQueue, type TurnTaker } from '../delivery/connection-queue.js';
import type { Turns } from '../delivery/turns.js';

/** How many requests of one connection may wait for earlier ones. At the bound it is not read until half of them are left. */
const MAX_PIPELINED = 100;

type Task = () => void;

interface PipelinedRequest {
  readonly response: ServerResponse;
  readonly handle: Task;
}

/**
 * One HTTP connection that is kept alive. A client that pipelines sends many requests before it has the first answer.
 * They are handled one after the other, because only safe ones may run at the same time (RFC 9112, section 9.3.2), in
 * turns with those of other connections (S4), and their number is bounded (C4).
 *
 * The order matters for what is held, too. Node tells a response that its connection is gone (`close`) only once the
 * responses before it have been written, so a request that began earlier would hold its slot and its subscription for
 * ever when its client leaves.
 */
class HttpConnection implements TurnTaker<Task> {
  readonly queue: ConnectionQueue<Task>;
  readonly #socket: Socket;
  /** What waits for the request that is being answered. */
  #pipelined: PipelinedRequest[] = [];
  #isAnswering = false;
  /** Whether too many requests have waited, and they have not come down to half of that since. */
  #isFull = false;
  /** Why it is not read: the number of reasons. */
  #holds = 0;
  #isGuarded = false;

  constructor(socket: Socket, turns: Turns) {
    this.#socket = socket;
    this.queue = new ConnectionQueue(turns, this);
  }

  perform(task: Task): boolean {
    task();
    // The next one waits for the answer of this one anyway.
    return false;
  }

  /** A request has come. Hot path (bench: mutations). */
  receive(response: ServerResponse, handle: Task): void {
    if (!this.#isAnswering) {
      this.#begin(response, handle);
      return;
    }
    this.#pipelined.push({ response, handle });
    if (this.#isFull || this.#pipelined.length < MAX_PIPELINED) return;
    this.#isFull = true;
    this.pauseReading();
  }

  pauseReading(): void {
    this.#holds += 1;
    // Node resumes the socket whenever somebody reads the body of one of its requests.
    if (!this.#isGuarded) this.#socket.on('resume', () => this.#holds > 0 && this.#socket.pause());
    this.#isGuarded = true;
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#socket.resume();
  }

  #begin(response: ServerResponse, handle: Task): void {
    this.#isAnswering = true;
    response.once('close', this.#next);
    this.queue.add(handle, 0);
  }

  /** A request has its answer, or its client is gone. */
  readonly #next = (): void => {
    this.#isAnswering = false;
    const next = this.#pipelined.shift();
    if (next === undefined) return;
    if (this.#isFull && this.#pipelined.length <= MAX_PIPELINED / 2) {
      this.#isFull = false;
      this.resumeReading();
    }
    // Node gives each response the socket when the one before it is written. Without it, the connection has ended.
    if (next.response.socket === null) this.#pipelined = [];
    else this.#begin(next.response, next.handle);
  };
}

/** The turns of all HTTP connections. */
export class RequestTurns {
  readonly #turns: Turns;
  readonly #connections = new WeakMap<Socket, HttpConnection>();

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** @param handle never rejects @returns what handles each request when its connection has its turn */
  inTurns(
    handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ): (request: IncomingMessage, response: ServerResponse) => void {
    return (request, response) => {
      this.#of(request.socket).receive(response, () => {
        // A client that left while its request waited: `close` would not be emitted again.
        if (!response.destroyed) void handle(request, response);
      });
    };
  }

  /**
   * Does `work` when the connection has its turn: at once, unless it has asked for much already. Hot path (bench: mutations).
   * @param bytes that are held until then
   * @returns what `work` returns; rejects with what it throws
   */
  take<T>({ socket }: IncomingMessage, bytes: number, work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const task = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      this.#of(socket).queue.add(task, bytes);
    });
  }

  #of(socket: Socket): HttpConnection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection = new HttpConnection(socket, this.#turns);
    this.#connections.set(socket, connection);
    return connection;
  }
}
