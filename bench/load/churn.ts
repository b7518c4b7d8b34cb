import { now } from '../clock.js';
import type { ChurnResult, ChurnSpec } from './api.js';
import { Connection } from './connection.js';

/** Between two steps. Each step starts its share of the operations, and ends those that are due. */
const STEP_MS = 10;
const MAX_FAULTS = 10;

interface LiveOperation {
  readonly id: string;
  readonly connection: Connection;
  readonly until: number;
}

/** Subscriptions that start and end all the time. */
export class Churn {
  readonly #spec: ChurnSpec;
  readonly #connections: Connection[] = [];
  readonly #live: LiveOperation[] = [];
  readonly #faults: string[] = [];
  readonly #start = now();
  #begun = 0;
  #frames = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(spec: ChurnSpec) {
    this.#spec = spec;
  }

  async start(shared: Buffer): Promise<void> {
    for (let i = 0; i < this.#spec.connections; i++) {
      const listener = {
        text: (bytes: Buffer, start: number, end: number) => this.#text(bytes.toString('utf8', start, end)),
        lost: (why: string) => this.#fault(`a connection was lost: ${why}`),
      };
      this.#connections.push(await Connection.open(new URL(this.#spec.url), shared, listener));
    }
    const before = now();
    this.#timer = setInterval(() => this.#step(now() - before), STEP_MS);
  }

  async stop(): Promise<ChurnResult> {
    clearInterval(this.#timer);
    for (const { id, connection } of this.#live) connection.send({ id, type: 'complete' });
    await Promise.all(this.#connections.map((connection) => connection.close()));
    return { begun: this.#begun, frames: this.#frames, faults: this.#faults };
  }

  #step(elapsed: number): void {
    const { perSecond, lifetimeMs, query, variables } = this.#spec;
    const time = now();
    // At most a tenth of a second's share at once, so that a delayed step does not cause a flood.
    const due = Math.min(Math.floor((elapsed / 1000) * perSecond) - this.#begun, Math.ceil(perSecond / 10));
    for (let i = 0; i < due; i++) {
      const connection = this.#connections[this.#begun % this.#connections.length];
      if (connection === undefined) return;
      const id = `churn-${this.#start.toFixed(0)}-${this.#begun++}`;
      connection.send({ id, type: 'subscribe', payload: { query, variables } });
      this.#live.push({ id, connection, until: time + lifetimeMs });
    }
    let over = 0;
    for (const { id, connection, until } of this.#live) {
      if (until > time) break;
      connection.send({ id, type: 'complete' });
      over += 1;
    }
    this.#live.splice(0, over);
  }

  #text(text: string): void {
    if (text.includes('"type":"next"')) this.#frames += 1;
    else if (!text.startsWith('{"type":"connection_ack"')) this.#fault(text.slice(0, 300));
  }

  #fault(what: string): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(what);
  }
}
