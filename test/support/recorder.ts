import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import {
  type OpenSubscriber,
  overEventSource,
  overSse,
  overWebSocket,
  type Subscriber,
} from './subscriber.js';

const Meta = z.object({ id: z.string(), partition: z.number(), offset: z.string() });
const Frame = z.object({
  data: z.record(z.string(), z.object({ text: z.string().optional() }).nullable()).nullable(),
  extensions: z.object({ event: Meta, cursor: z.string().min(20) }),
});

const Snapshot = z.object({
  data: z.record(z.string(), z.record(z.string(), z.unknown())),
  extensions: z.strictObject({ snapshot: z.literal(true), cursor: z.string().min(20) }),
});

export interface Received {
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  readonly cursor: string;
  /** The field `text` of what was selected, where it was. */
  readonly text: string | undefined;
}

const TRANSPORTS = { ws: overWebSocket, sse: overSse, 'event-source': overEventSource };

export type Transport = keyof typeof TRANSPORTS;

export interface ResumeOptions {
  /** `event-source` resumes by `Last-Event-ID`, the others by the argument `after`. */
  readonly over?: Transport;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Where to begin; the present when left out. */
  readonly after?: string;
}

/** What one subscriber received, in order. */
export class Recorder implements AsyncDisposable {
  readonly name: string;
  readonly received: Received[] = [];
  /** The states that it was shown, which have to come before all events. */
  readonly snapshots: Readonly<Record<string, unknown>>[] = [];
  /** Errors and ends that nobody asked for. */
  readonly faults: string[] = [];
  /** Why it had to connect again, each time. */
  readonly returns: string[] = [];
  #subscriber: Subscriber | undefined;
  #work: Promise<void> | undefined;
  #cursor: string | undefined;
  #closed = false;

  private constructor(name: string) {
    this.name = name;
  }

  static overWebSocket(
    name: string,
    url: string,
    query: string,
    variables: Record<string, unknown> = {},
  ): Recorder {
    return new Recorder(name).#once(overWebSocket, url, query, variables);
  }

  static overSse(
    name: string,
    url: string,
    query: string,
    variables: Record<string, unknown> = {},
  ): Recorder {
    return new Recorder(name).#once(overSse, url, query, variables);
  }

  /**
   * A client that resumes. When its connection is lost, or closed with a code that allows it, it reconnects and passes its
   * last cursor as the query's variable `after`. The record covers all of its connections. `url` is called for each.
   */
  static resuming(name: string, url: () => string, query: string, options: ResumeOptions = {}): Recorder {
    const { over = 'ws', variables = {}, after } = options;
    if (!query.includes('$after')) throw new Error('The query has no variable `after` to resume with');
    const recorder = new Recorder(name);
    recorder.#cursor = after;
    recorder.#work = recorder.#resume(TRANSPORTS[over], url, query, variables);
    return recorder;
  }

  /** The newest cursor it was given. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  #once(open: OpenSubscriber, url: string, query: string, variables: Record<string, unknown>): this {
    this.#subscriber = open({ url, query, variables, take: (frame) => this.#take(frame) });
    this.#work = this.#subscriber.ended.then(({ what }) => {
      if (!this.#closed) this.faults.push(what);
    });
    return this;
  }

  async #resume(
    open: OpenSubscriber,
    url: () => string,
    query: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    for (let failures = 0; !this.#closed; failures++) {
      const before = this.received.length;
      this.#subscriber = open({
        url: url(),
        query,
        variables: { ...variables, after: this.#cursor },
        take: (frame) => this.#take(frame),
      });
      const { what, again } = await this.#subscriber.ended;
      if (this.#closed) return;
      if (!again) return void this.faults.push(what);
      this.returns.push(what);
      if (this.received.length > before) failures = 0;
      await pause(Math.min(1_000, 50 * 2 ** failures)); // As clients do, so that a node that is away is not stormed.
    }
  }

  #take(frame: unknown): void {
    const snapshot = Snapshot.safeParse(frame);
    if (snapshot.success) {
      const [state = {}] = Object.values(snapshot.data.data);
      if (this.received.length > 0) this.faults.push('a state after events');
      this.snapshots.push(state);
      this.#cursor = snapshot.data.extensions.cursor;
      return;
    }
    const parsed = Frame.safeParse(frame);
    if (!parsed.success) {
      this.faults.push(`not a result: ${JSON.stringify(frame).slice(0, 300)}`);
      return;
    }
    const { data, extensions } = parsed.data;
    const { event, cursor } = extensions;
    const [field] = Object.values(data ?? {});
    this.#cursor = cursor;
    this.received.push({
      id: event.id,
      partition: event.partition,
      offset: Number(event.offset),
      cursor,
      text: field?.text,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#subscriber?.close();
    await this.#work;
  }
}

/** Loss, duplicates, disorder and silence of one subscriber against what is in the log. */
export function check(recorder: Recorder, expected: ReadonlySet<string>): readonly string[] {
  const faults = [...recorder.faults];
  const seen = new Set<string>();
  const at = new Map<number, number>();
  for (const { id, partition, offset } of recorder.received) {
    if (seen.has(id)) faults.push(`duplicate ${id} at ${partition}/${offset}`);
    seen.add(id);
    if (offset <= (at.get(partition) ?? -1)) faults.push(`disorder at ${partition}/${offset}`);
    at.set(partition, offset);
    if (!expected.has(id)) faults.push(`unknown ${id} at ${partition}/${offset}`);
  }
  const lost = [...expected].filter((id) => !seen.has(id));
  if (lost.length > 0) faults.push(`${lost.length} of ${expected.size} lost, the first is ${lost[0]}`);
  return faults.slice(0, 10).map((fault) => `${recorder.name}: ${fault}`);
}
