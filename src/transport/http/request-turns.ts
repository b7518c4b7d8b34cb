import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionQueue, type TurnTaker } from '../delivery/connection-queue.js';
import type { Turns } from '../delivery/turns.js';

/** How many requests of one connection may be unanswered. At the bound it is not read until half of them are answered. */
const MAX_UNANSWERED = 100;

type Task = () => void;

/**
 * One HTTP connection that is kept alive. A client that pipelines sends many requests before it has the first answer
 * (RFC 9112, section 9.3.2): they take turns with those of other connections (S4), and their number is bounded (C4).
 */
class HttpConnection implements TurnTaker<Task> {
  readonly queue: ConnectionQueue<Task>;
  readonly #socket: Socket;
  #unanswered = 0;
  /** Whether it has had too many unanswered requests, and has not come down to half of them since. */
  #isFull = false;
  /** Why it is not read: the number of reasons. */
  #holds = 0;
  #isGuarded = false;

  constructor(socket: Socket, turns: Turns) {
    this.#socket = socket;
    this.queue = new ConnectionQueue(turns, this);
  }

  perform(task: Task): void {
    task();
  }

  /** A request has come. */
  begin(): void {
    this.#unanswered += 1;
    if (this.#isFull || this.#unanswered < MAX_UNANSWERED) return;
    this.#isFull = true;
    this.pauseReading();
  }

  /** It has its answer, or will never have one. */
  readonly end = (): void => {
    this.#unanswered -= 1;
    if (!this.#isFull || this.#unanswered > MAX_UNANSWERED / 2) return;
    this.#isFull = false;
    this.resumeReading();
  };

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
      const connection = this.#of(request.socket);
      connection.begin();
      response.once('close', connection.end);
      connection.queue.add(() => void handle(request, response), 0);
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
