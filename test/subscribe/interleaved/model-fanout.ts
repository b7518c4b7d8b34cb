import { decodeRecord } from '../../../src/core/envelope/decode.js';
import type { Relayed } from '../../../src/core/event.js';
import { type Offset, offset, partition } from '../../../src/core/ids.js';
import type { TopicPartition } from '../../../src/core/position.js';
import type { Fanout, FanoutListener, NewestRelayed } from '../../../src/ports/fanout.js';
import { LIFE, type ModelLog, TOPIC } from './model-log.js';
import type { Script } from './script.js';

interface Entry {
  readonly prev: Offset;
  readonly relayed: Relayed;
}

interface State {
  newest: Offset | undefined;
  entries: Entry[];
}

/** How many events of a partition its window keeps. */
const WINDOW = 4;

/** The relay and what it writes to: a window, and messages to each node, of which any may be lost. */
export class ModelFanout {
  readonly #script: Script;
  readonly #log: ModelLog;
  readonly #nodes = new Map<number, NodeFanout>();
  readonly #states = new Map<number, State>();

  constructor(script: Script, log: ModelLog) {
    this.#script = script;
    this.#log = log;
  }

  node(number: number): Fanout {
    const node = new NodeFanout(this.#script, this);
    this.#nodes.set(number, node);
    return node;
  }

  /** Relays up to `limit` events of a partition as one message, which the nodes in `lost` do not get. */
  relay(number: number, limit: number, lost: readonly number[]): void {
    const state = this.state(number);
    const prev = state.newest ?? offset(-1);
    const at = { topic: TOPIC, partition: partition(number) };
    const events = this.#log.after(number, prev, limit).map((record): Relayed => {
      const decoded = decodeRecord(record, { kind: 'CLOUDEVENTS' }, at);
      if (!decoded.ok) throw new Error(decoded.reason);
      return { offset: record.offset, timestamp: record.timestamp, event: decoded.event };
    });
    for (const relayed of events) {
      state.entries.push({ prev: state.newest ?? offset(-1), relayed });
      state.newest = relayed.offset;
    }
    state.entries = state.entries.slice(-WINDOW);
    if (events.length > 0) this.#tell(number, lost, (listener) => listener.relayed(prev, events, LIFE));
  }

  beat(number: number, lost: readonly number[]): void {
    const { newest } = this.state(number);
    if (newest !== undefined)
      this.#tell(number, lost, (listener) => listener.beat({ last: newest, topicId: LIFE }));
  }

  /** The window is evicted, its progress is not. */
  evict(number: number): void {
    this.state(number).entries = [];
  }

  state(number: number): State {
    const state = this.#states.get(number) ?? { newest: undefined, entries: [] };
    this.#states.set(number, state);
    return state;
  }

  #tell(number: number, lost: readonly number[], message: (listener: FanoutListener) => void): void {
    for (const [node, fanout] of this.#nodes) if (!lost.includes(node)) fanout.send(number, message);
  }
}

/** One node's connection: what is sent on it comes in order, some time later. */
class NodeFanout implements Fanout {
  readonly description = 'a model';
  readonly #script: Script;
  readonly #shared: ModelFanout;
  readonly #listeners = new Map<number, Set<FanoutListener>>();
  readonly #underWay: (() => void)[] = [];

  constructor(script: Script, shared: ModelFanout) {
    this.#script = script;
    this.#shared = shared;
  }

  /** Redis sends to the clients that are subscribed at the time of the publish. */
  send(number: number, message: (listener: FanoutListener) => void): void {
    const listeners = this.#listeners.get(number);
    if (listeners === undefined || listeners.size === 0) return;
    this.#underWay.push(() => {
      for (const listener of listeners) message(listener);
    });
    void this.#script.wait('fan-out: a message comes').then(() => this.#underWay.shift()?.());
  }

  async follow({ partition: number }: TopicPartition, listener: FanoutListener): Promise<AsyncDisposable> {
    await this.#script.wait('fan-out: follow');
    const listeners = this.#listeners.get(number) ?? new Set();
    this.#listeners.set(number, listeners);
    listeners.add(listener);
    await this.#script.wait('fan-out: follow acknowledged');
    return { [Symbol.asyncDispose]: async () => void listeners.delete(listener) };
  }

  async window({ partition: number }: TopicPartition, after: Offset, through: Offset) {
    await this.#script.wait('fan-out: window');
    const { newest, entries } = this.#shared.state(number);
    if (newest === undefined || newest < through) return undefined;
    const first = entries.find(({ relayed }) => relayed.offset > after);
    if (newest > after && (first === undefined || first.prev > after)) return undefined;
    return entries
      .map(({ relayed }) => relayed)
      .filter((relayed) => relayed.offset > after && relayed.offset <= through);
  }

  async newest(partitions: readonly TopicPartition[]): Promise<readonly (NewestRelayed | undefined)[]> {
    await this.#script.wait('fan-out: newest');
    return partitions.map(({ partition: number }) => {
      const last = this.#shared.state(number).newest;
      return last === undefined ? undefined : { last, topicId: LIFE };
    });
  }

  claim = unused;
  reset = unused;
  relay = unused;
  beat = unused;
  announceLayout = unused;

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function unused(): Promise<never> {
  throw new Error('Nobody who follows needs this');
}
