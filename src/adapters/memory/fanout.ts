import type { Relayed } from '../../core/event.js';
import type { Offset } from '../../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../../core/position.js';
import type {
  Claim,
  Fanout,
  FanoutListener,
  NewestRelayed,
  RelayChunk,
  RelayOutcome,
  ResetPoint,
} from '../../ports/fanout.js';
import type { OnProblem } from '../../ports/problem.js';
import { FanoutPartition } from './fanout-partition.js';

interface InProcessFanoutOptions {
  /** How many events of each partition are kept. */
  readonly windowEvents: number;
  /** Receives the errors that listeners throw. */
  readonly onProblem?: OnProblem;
}

/**
 * Opens a fan-out within this process: relaying calls the listeners directly. It is never away and drops nothing. After
 * a restart it has no progress and no window, as Redis after a wipe.
 */
export function openInProcessFanout(options: InProcessFanoutOptions): Fanout {
  return new InProcessFanout(options);
}

/** A subscription of its own for each `follow`: the same listener may follow twice. */
interface Subscription {
  readonly listener: FanoutListener;
}

interface Channel {
  readonly partition: FanoutPartition;
  readonly subscriptions: Set<Subscription>;
}

class InProcessFanout implements Fanout {
  readonly description = 'in this process';
  readonly #options: InProcessFanoutOptions;
  readonly #channels = new Map<string, Channel>();

  constructor(options: InProcessFanoutOptions) {
    this.#options = options;
  }

  async claim(at: TopicPartition, signal: AbortSignal): Promise<Claim> {
    signal.throwIfAborted();
    return this.#channel(at).partition.claim();
  }

  async reset(at: TopicPartition, token: string, start: ResetPoint): Promise<'RESET' | 'FENCED'> {
    return this.#channel(at).partition.reset(token, start);
  }

  async relay(at: TopicPartition, token: string, chunk: RelayChunk): Promise<RelayOutcome> {
    const channel = this.#channel(at);
    return channel.partition.relay(token, chunk, (call) => this.#notify(channel, at, call));
  }

  async beat(at: TopicPartition): Promise<void> {
    const channel = this.#channel(at);
    const { newest } = channel.partition;
    if (newest !== undefined) this.#notify(channel, at, (listener) => listener.beat(newest));
  }

  async announceLayout(at: TopicPartition): Promise<void> {
    this.#notify(this.#channel(at), at, (listener) => listener.layoutChanged());
  }

  async follow(at: TopicPartition, listener: FanoutListener): Promise<AsyncDisposable> {
    const { subscriptions } = this.#channel(at);
    const subscription = { listener };
    subscriptions.add(subscription);
    return { [Symbol.asyncDispose]: async () => void subscriptions.delete(subscription) };
  }

  async window(
    at: TopicIdPartition,
    after: Offset,
    through: Offset,
  ): Promise<readonly Relayed[] | undefined> {
    return this.#channel(at).partition.read(at.topicId, after, through);
  }

  async newest(partitions: readonly TopicPartition[]): Promise<readonly (NewestRelayed | undefined)[]> {
    return partitions.map((at) => this.#channel(at).partition.newest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channels.clear();
  }

  #channel(at: TopicPartition): Channel {
    const name = partitionName(at);
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const channel = {
      partition: new FanoutPartition(this.#options.windowEvents),
      subscriptions: new Set<Subscription>(),
    };
    this.#channels.set(name, channel);
    return channel;
  }

  /** Calls every listener. One that throws does not keep the others from the message. */
  #notify({ subscriptions }: Channel, at: TopicPartition, call: (listener: FanoutListener) => void): void {
    for (const { listener } of [...subscriptions]) {
      try {
        call(listener);
      } catch (cause) {
        const message = `A listener of ${partitionName(at)} failed; its message counts as dropped`;
        this.#options.onProblem?.({ kind: 'fanout-listener', message, cause });
      }
    }
  }
}
