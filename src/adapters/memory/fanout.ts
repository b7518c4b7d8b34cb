import { bisect } from '../../core/bisect.js';
import type { Relayed } from '../../core/event.js';
import { type Offset, offset, type TopicId } from '../../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../../core/position.js';
import { RecentIds } from '../../core/recent-ids.js';
import type {
  Claim,
  Fanout,
  FanoutListener,
  Newest,
  RelayOutcome,
  Start,
  Stretch,
} from '../../ports/fanout.js';
import type { OnProblem } from '../../ports/problem.js';

export interface InProcessFanoutOptions {
  /** How many events of each partition are kept. */
  readonly windowEvents: number;
  /** A listener threw; the others heard all the same. */
  readonly onProblem?: OnProblem;
}

/**
 * A fan-out within one process: the relay calls the listeners. It cannot be away and drops nothing, and
 * knows nothing after a restart, as after a wipe.
 */
export function openInProcessFanout(options: InProcessFanoutOptions): Fanout {
  return new InProcessFanout(options);
}

interface Entry {
  /** The visible offset before it. */
  readonly prev: Offset;
  readonly relayed: Relayed;
}

/** Idempotent ids remembered per partition; the oldest go first. */
const IDS = 100_000;

/** What the fan-out knows of one partition. `passed` is undefined until the first reset. */
class PartitionState {
  token = 0;
  passed: Offset | undefined;
  topicId: TopicId | undefined;
  #newest: Offset | undefined;
  /** Where it was last reset: visible offsets are above it. */
  #floor: Offset = offset(-1);
  readonly ids = new RecentIds<Offset>(IDS);
  readonly listeners = new Set<{ readonly listener: FanoutListener }>();
  #entries: Entry[] = [];

  /** The newest visible offset, or else where it was last reset. */
  get last(): Offset {
    return this.#newest ?? this.#floor;
  }

  get newest(): Newest | undefined {
    return this.passed === undefined ? undefined : { topicId: this.topicId, last: this.last };
  }

  reset({ topicId, passed }: Start): void {
    this.passed = passed;
    this.topicId = topicId;
    this.#floor = passed;
    this.#newest = undefined;
    this.ids.clear();
    this.#entries = [];
  }

  add(relayed: Relayed, keep: number): void {
    this.#entries.push({ prev: this.last, relayed });
    this.#newest = relayed.offset;
    // Cut only when twice as long: each event is then moved once at most.
    if (this.#entries.length >= 2 * keep) this.#entries = this.#entries.slice(-keep);
  }

  /** Whether the partition saw this id at another offset. */
  repeated({ event, offset: at }: Relayed): boolean {
    if (event.idempotent !== true) return false;
    const seen = this.ids.get(event.id);
    if (seen !== undefined) return seen !== at;
    this.ids.add(event.id, at);
    return false;
  }

  window(after: Offset, through: Offset): readonly Relayed[] | undefined {
    if (this.passed === undefined || this.passed < through) return undefined;
    if (this.last <= after) return [];
    const from = this.#indexAfter(after);
    const first = this.#entries[from];
    // The first one after `after` has to follow it: else what was between was trimmed.
    if (first === undefined || first.prev > after) return undefined;
    return this.#entries.slice(from, this.#indexAfter(through)).map((entry) => entry.relayed);
  }

  /** The index of the first entry above `at`, by bisection. */
  #indexAfter(at: Offset): number {
    const entries = this.#entries;
    return bisect(0, entries.length, (i) => (entries[i]?.relayed.offset ?? Number.POSITIVE_INFINITY) <= at);
  }
}

class InProcessFanout implements Fanout {
  readonly description = 'in this process';
  readonly #options: InProcessFanoutOptions;
  readonly #partitions = new Map<string, PartitionState>();

  constructor(options: InProcessFanoutOptions) {
    this.#options = options;
  }

  async claim(at: TopicPartition, signal: AbortSignal): Promise<Claim> {
    signal.throwIfAborted();
    const state = this.#state(at);
    state.token += 1;
    return { token: String(state.token), passed: state.passed, topicId: state.topicId };
  }

  async reset(at: TopicPartition, token: string, start: Start): Promise<'RESET' | 'FENCED'> {
    const state = this.#state(at);
    if (token !== String(state.token)) return 'FENCED';
    state.reset(start);
    return 'RESET';
  }

  async relay(at: TopicPartition, token: string, stretch: Stretch): Promise<RelayOutcome> {
    const state = this.#state(at);
    const { passed, topicId } = state;
    // D9: a claim by another ends this relay's right to write.
    if (token !== String(state.token) || passed === undefined) return { status: 'FENCED' };
    if (stretch.after > passed) return { status: 'GAP', passed };
    const prev = state.last;
    const fresh: Relayed[] = [];
    for (const relayed of stretch.events) {
      if (relayed.offset <= passed || state.repeated(relayed)) continue;
      state.add(relayed, this.#options.windowEvents);
      fresh.push(relayed);
    }
    state.passed = offset(Math.max(passed, stretch.through));
    if (fresh.length > 0) this.#tell(state, at, (listener) => listener.relayed(prev, fresh, topicId));
    return { status: 'RELAYED', duplicates: stretch.events.length - fresh.length };
  }

  async beat(at: TopicPartition): Promise<void> {
    const state = this.#state(at);
    const { newest } = state;
    if (newest !== undefined) this.#tell(state, at, (listener) => listener.beat(newest));
  }

  async follow(at: TopicPartition, listener: FanoutListener): Promise<AsyncDisposable> {
    const { listeners } = this.#state(at);
    const follower = { listener };
    listeners.add(follower);
    return { [Symbol.asyncDispose]: async () => void listeners.delete(follower) };
  }

  async window(
    at: TopicIdPartition,
    after: Offset,
    through: Offset,
  ): Promise<readonly Relayed[] | undefined> {
    const state = this.#state(at);
    return state.topicId === at.topicId ? state.window(after, through) : undefined;
  }

  async newest(partitions: readonly TopicPartition[]): Promise<readonly (Newest | undefined)[]> {
    return partitions.map((at) => this.#state(at).newest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#partitions.clear();
  }

  #state(at: TopicPartition): PartitionState {
    const name = partitionName(at);
    const there = this.#partitions.get(name) ?? new PartitionState();
    this.#partitions.set(name, there);
    return there;
  }

  #tell(state: PartitionState, at: TopicPartition, call: (listener: FanoutListener) => void): void {
    for (const { listener } of [...state.listeners]) {
      try {
        call(listener);
      } catch (cause) {
        const message = `A listener of ${partitionName(at)} failed`;
        this.#options.onProblem?.({ kind: 'fanout-listener', message, cause });
      }
    }
  }
}
