import { retry } from '../core/async.js';
import type { Relayed } from '../core/event.js';
import type { Offset, TopicId } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type {
  Claim,
  Fanout,
  FanoutListener,
  NewestRelayed,
  RelayChunk,
  RelayOutcome,
  ResetPoint,
} from '../ports/fanout.js';
import type { OnProblem } from '../ports/problem.js';

/** So many events at once are no burst. */
const FEW_EVENTS = 8;
const endOfTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One listener of a partition. */
interface Follower {
  readonly listener: FanoutListener;
  /** Its subscription to the fan-out; `undefined` while it hears the own relay. */
  subscription: AsyncDisposable | undefined;
  /** Changes of `subscription`, one after the other. */
  changes: Promise<void>;
  isGone: boolean;
}

/** The claim of this process's relay on a partition. */
interface OwnClaim {
  readonly token: string;
  topicId: TopicId | undefined;
  /** The newest visible offset, as far as it is known. */
  last: Offset | undefined;
}

interface Channel {
  readonly at: TopicPartition;
  readonly followers: Set<Follower>;
  /** `undefined`: another process relays the partition. */
  own: OwnClaim | undefined;
  /** Stops listening for the end of the former claim. */
  forgetFormer(): void;
}

/**
 * A fan-out in a process that is relay and gateway at once: what its relay reads from the log, its hub gets directly, without
 * the way through Redis. The relay writes to Redis all the same, for every other node and for the window.
 *
 * A partition is heard directly from the claim on, until the claim is lost. Then its followers subscribe like those of any
 * other node. At both changes they are told `resumed`, so they ask for what they may have missed between the two ways.
 *
 * Events are heard before Redis has them. That is safe, since they are in the log, which alone decides: the chain between them
 * is that of the relay's chunks, which leave out nothing. What only Redis knows is whether an idempotent event is a repeated
 * one (D1), so a chunk with such an event is heard after Redis has answered. Another process's claim makes this relay's
 * writes invalid (D9), not what it reads.
 */
export class DirectFanout implements Fanout {
  readonly description: string;
  readonly #inner: Fanout;
  readonly #onProblem: OnProblem;
  readonly #channels = new Map<string, Channel>();
  readonly #stop = new AbortController();

  /** @param inner disposed of with this */
  constructor(inner: Fanout, onProblem: OnProblem) {
    this.#inner = inner;
    this.#onProblem = onProblem;
    this.description = inner.description;
  }

  async claim(at: TopicPartition, signal: AbortSignal): Promise<Claim> {
    const claim = await this.#inner.claim(at, signal);
    const channel = this.#channel(at);
    const { token, topicId } = claim;
    this.#take(channel, { token, topicId, last: undefined });
    channel.forgetFormer();
    const lose = (): void => this.#lose(channel, token);
    signal.addEventListener('abort', lose, { once: true });
    // A partition may be claimed many times while it is assigned.
    channel.forgetFormer = () => signal.removeEventListener('abort', lose);
    return claim;
  }

  async reset(at: TopicPartition, token: string, start: ResetPoint): Promise<'RESET' | 'FENCED'> {
    const outcome = await this.#inner.reset(at, token, start);
    const channel = this.#channel(at);
    if (outcome === 'FENCED') this.#lose(channel, token);
    else if (channel.own?.token === token)
      channel.own = { token, topicId: start.topicId, last: start.progress };
    return outcome;
  }

  async relay(at: TopicPartition, token: string, chunk: RelayChunk): Promise<RelayOutcome> {
    const channel = this.#channel(at);
    const isDecidedByRedis = chunk.events.some(({ event }) => event.idempotent);
    if (!isDecidedByRedis) {
      this.#hear(channel, token, chunk.after, chunk.events);
      // What the followers were given goes to the sockets first: the request to Redis would delay it (bench: paced). Not in a
      // burst, whose length the requests decide.
      if (channel.followers.size > 0 && chunk.events.length <= FEW_EVENTS) await endOfTick();
    }
    const outcome = await this.#inner.relay(at, token, chunk);
    if (outcome.status === 'FENCED') this.#lose(channel, token);
    else if (outcome.status === 'RELAYED' && isDecidedByRedis)
      await this.#hearDecided(channel, token, chunk, outcome.duplicates);
    return outcome;
  }

  async beat(at: TopicPartition): Promise<void> {
    const channel = this.#channel(at);
    const { own } = channel;
    if (own?.last !== undefined) {
      const newest = { topicId: own.topicId, last: own.last };
      this.#notify(channel, (listener) => listener.beat(newest));
    }
    await this.#inner.beat(at);
  }

  async announceLayout(at: TopicPartition): Promise<void> {
    this.#notify(this.#channel(at), (listener) => listener.layoutChanged());
    await this.#inner.announceLayout(at);
  }

  async follow(at: TopicPartition, listener: FanoutListener): Promise<AsyncDisposable> {
    const channel = this.#channel(at);
    const follower: Follower = {
      listener,
      subscription: undefined,
      changes: Promise.resolve(),
      isGone: false,
    };
    if (channel.own === undefined) follower.subscription = await this.#inner.follow(at, listener);
    channel.followers.add(follower);
    // The claim may have come while Redis acknowledged.
    if (channel.own !== undefined && follower.subscription !== undefined) this.#change(channel, follower);
    return {
      [Symbol.asyncDispose]: async () => {
        follower.isGone = true;
        channel.followers.delete(follower);
        this.#change(channel, follower);
        await follower.changes;
      },
    };
  }

  window(at: TopicIdPartition, after: Offset, through: Offset): Promise<readonly Relayed[] | undefined> {
    return this.#inner.window(at, after, through);
  }

  newest(partitions: readonly TopicPartition[]): Promise<readonly (NewestRelayed | undefined)[]> {
    return this.#inner.newest(partitions);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the fan-out is closed'));
    await this.#inner[Symbol.asyncDispose]();
  }

  #channel(at: TopicPartition): Channel {
    const name = partitionName(at);
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const { topic, partition } = at;
    const channel: Channel = {
      at: { topic, partition },
      followers: new Set(),
      own: undefined,
      forgetFormer: () => undefined,
    };
    this.#channels.set(name, channel);
    return channel;
  }

  #take(channel: Channel, own: OwnClaim): void {
    const wasOwn = channel.own !== undefined;
    channel.own = own;
    if (!wasOwn) for (const follower of channel.followers) this.#change(channel, follower);
  }

  /** @param token that was lost; a newer claim of this process stays */
  #lose(channel: Channel, token: string): void {
    if (channel.own?.token !== token) return;
    channel.own = undefined;
    for (const follower of channel.followers) this.#change(channel, follower);
  }

  /** Gives a follower the subscription that it needs now, or takes it away. */
  #change(channel: Channel, follower: Follower): void {
    follower.changes = follower.changes
      .then(() => this.#applyChange(channel, follower))
      // Only the end of the process ends the retries.
      .catch(() => undefined);
  }

  async #applyChange(channel: Channel, follower: Follower): Promise<void> {
    const isNeeded = !follower.isGone && channel.own === undefined;
    if (isNeeded === (follower.subscription !== undefined)) return;
    if (isNeeded) {
      follower.subscription = await retry(() => this.#inner.follow(channel.at, follower.listener), {
        signal: this.#stop.signal,
        onFailure: (cause) => {
          // What is missed meanwhile, the hub's silence check finds.
          const message = `Following ${partitionName(channel.at)} through Redis failed; retrying`;
          this.#onProblem({ kind: 'fanout-follow', message, cause });
        },
      });
    } else {
      const ended = follower.subscription;
      follower.subscription = undefined;
      await ended?.[Symbol.asyncDispose]();
    }
    if (!follower.isGone) this.#call(channel, follower, (listener) => listener.resumed());
  }

  /** Gives events to the followers that hear this process's relay. Each event once, although a chunk may be repeated. */
  #hear(channel: Channel, token: string, after: Offset, events: readonly Relayed[]): void {
    const { own } = channel;
    // D9: an older claim of this process is as invalid here as it is in Redis.
    if (own?.token !== token) return;
    const { last } = own;
    const unheard = last === undefined ? events : events.filter((event) => event.offset > last);
    const newest = unheard.at(-1);
    if (newest === undefined) return;
    own.last = newest.offset;
    if (channel.followers.size === 0) return;
    const kept = compact(unheard);
    this.#notify(channel, (listener) => listener.relayed(last ?? after, kept, own.topicId));
  }

  /** A chunk with idempotent events, after Redis has left out the repeated ones. */
  async #hearDecided(
    channel: Channel,
    token: string,
    { after, through, events }: RelayChunk,
    duplicates: number,
  ): Promise<void> {
    if (duplicates === 0) return this.#hear(channel, token, after, events);
    if (channel.own?.token !== token || channel.followers.size === 0) return;
    const at = { ...channel.at, topicId: channel.own.topicId };
    const visible = await this.#inner.window(at, after, through).catch(() => undefined);
    if (visible !== undefined) this.#hear(channel, token, after, visible);
    // Nobody knows which are visible: like a message that was dropped, found by the next one or by a beat.
    else if (channel.own?.token === token) channel.own.last = events.at(-1)?.offset ?? channel.own.last;
  }

  #notify(channel: Channel, call: (listener: FanoutListener) => void): void {
    for (const follower of [...channel.followers]) {
      // Those that Redis still reaches hear it there, until their change to the direct way is done.
      this.#call(channel, follower, call);
    }
  }

  /** A listener that throws does not keep the others from the message. */
  #call(channel: Channel, { listener }: Follower, call: (listener: FanoutListener) => void): void {
    try {
      call(listener);
    } catch (cause) {
      const message = `A listener of ${partitionName(channel.at)} failed; its message counts as dropped`;
      this.#onProblem({ kind: 'fanout-listener', message, cause });
    }
  }
}

/**
 * Events with their data in one buffer of their own. Data as it was read is a part of a fetch's whole answer, which the ring of
 * a quiet partition would keep in memory for the sake of one event.
 */
function compact(events: readonly Relayed[]): readonly Relayed[] {
  const bytes = Buffer.allocUnsafeSlow(events.reduce((sum, { event }) => sum + (event.data?.length ?? 0), 0));
  let from = 0;
  return events.map((relayed) => {
    const { data } = relayed.event;
    if (data === null) return relayed;
    const to = from + data.copy(bytes, from);
    const copy = bytes.subarray(from, to);
    from = to;
    return { ...relayed, event: { ...relayed.event, data: copy } };
  });
}
