import { serve } from '../call.js';
import { now } from '../clock.js';
import { Connection } from '../load/connection.js';
import type { PipelineResult, PipelinerApi, PipelineSpec } from './api.js';

// One client that asks for much more than its share, in a process of its own.

const STEP_MS = 5;
const MAX_FAULTS = 10;
/** What may wait in this process. The gateway reads no more than it can, so the rest is not sent. */
const MAX_PENDING_BYTES = 1 << 20;

let pipeline: Pipeline | undefined;

class Pipeline {
  readonly #spec: PipelineSpec;
  readonly #connection: Connection;
  readonly #faults: string[];
  readonly #start = now();
  /** Subscriptions that are to be completed. */
  readonly #open: { readonly id: string; readonly until: number }[] = [];
  readonly #timer = setInterval(() => this.#step(), STEP_MS);
  #due = 0;
  #sent = 0;
  #pairBytes = 1;

  constructor(spec: PipelineSpec, connection: Connection, faults: string[]) {
    this.#spec = spec;
    this.#connection = connection;
    this.#faults = faults;
  }

  async stop(): Promise<PipelineResult> {
    clearInterval(this.#timer);
    const unread = Math.ceil(this.#connection.pendingBytes / this.#pairBytes);
    await this.#connection.close();
    return { due: this.#due, read: this.#sent - unread, faults: this.#faults };
  }

  #step(): void {
    const { pairsPerSecond, lifetimeMs } = this.#spec;
    const time = now();
    const due = Math.floor(((time - this.#start) / 1000) * pairsPerSecond);
    for (; this.#due < due; this.#due++) {
      if (this.#connection.pendingBytes > MAX_PENDING_BYTES) continue;
      const id = String(this.#sent++);
      const query = `subscription S${id} { saidIn(room: "room-${id}") { n at text other: text number${id}: n } }`;
      const subscribe = { id, type: 'subscribe', payload: { query } };
      this.#pairBytes = JSON.stringify(subscribe).length + 40;
      this.#connection.send(subscribe);
      if (lifetimeMs === 0) this.#connection.send({ id, type: 'complete' });
      else this.#open.push({ id, until: time + lifetimeMs });
    }
    let over = 0;
    for (const { id, until } of this.#open) {
      if (until > time) break;
      this.#connection.send({ id, type: 'complete' });
      over += 1;
    }
    this.#open.splice(0, over);
  }
}

serve<PipelinerApi>('pipeliner', {
  async start(spec) {
    const faults: string[] = [];
    const fault = (what: string): void => {
      if (faults.length < MAX_FAULTS) faults.push(what);
    };
    const connection = await Connection.open(new URL(spec.url), Connection.buffer(), {
      text: (bytes, start, end) => {
        const text = bytes.toString('utf8', start, end);
        if (!text.startsWith('{"type":"connection_ack"')) fault(text.slice(0, 300));
      },
      lost: (why) => fault(`the connection was lost: ${why}`),
    });
    pipeline = new Pipeline(spec, connection, faults);
  },
  async stop() {
    if (pipeline === undefined) throw new Error('Nothing is pipelined');
    return pipeline.stop();
  },
});
