import { z } from 'zod';
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
import { RedisAccess } from './access.js';
import { commandConnection, type RedisClient } from './connection.js';
import { decodeFrames, encodeFrames } from './frame.js';
import { startHealthCheck } from './health-check.js';
import { decodeMessage, decodeOffset, decodeTopicId, encodeBeat, LAYOUT_MESSAGE } from './message.js';
import { openSubscriptions } from './open-subscriptions.js';
import { describe, type RedisServer } from './server.js';
import type { Subscriptions } from './subscriptions.js';

interface RedisFanoutOptions {
  readonly server: RedisServer;
  /** How many events of each partition Redis keeps, approximately (`XTRIM MAXLEN ~`). */
  readonly windowEvents: number;
  /** Prefix of every key and channel; `millrace` by default. */
  readonly prefix?: string;
  readonly onProblem?: OnProblem;
}

const DEFAULT_PREFIX = 'millrace';
/** D1: how long Redis remembers the id of an idempotent event, so that a late retry adds no second one. */
const IDEMPOTENCY_TTL_MS = 24 * 60 * 60 * 1000;

/**
 * Opens a fan-out over Redis 7 or later: one stream per partition holds its window, one channel per partition
 * carries new events. Resolves whether or not Redis is up; it connects and reconnects in the background. While
 * Redis is away, operations reject with FANOUT_UNAVAILABLE within seconds (`ANSWER_TIMEOUT_MS`).
 */
export async function openRedisFanout(options: RedisFanoutOptions): Promise<Fanout> {
  const onProblem = options.onProblem ?? (() => undefined);
  const { server } = options;
  const access = new RedisAccess(server, onProblem);
  // Every command of the fan-out is safe to repeat: claims only grow, and a repeated `RELAY` finds its own events.
  const commands = commandConnection(server, { repeat: true }, access.onError);
  const name = `${options.prefix ?? DEFAULT_PREFIX}-subscriber`;
  const subscriptions = openSubscriptions(commands, { server, name, onProblem, access });
  return new RedisFanout(options, commands, subscriptions, access, onProblem);
}

/** The keys and the channel of one partition. The braces in each put all of them in one hash slot. */
interface PartitionKeys {
  /** A hash: claim, progress and topic id. `scripts.ts` has the table of its fields. */
  readonly meta: string;
  /** The window. */
  readonly stream: string;
  /** The prefix of the keys of idempotent ids. */
  readonly ids: string;
  readonly channel: string;
}

/** Replies of the scripts: token, progress, topic id. */
const CLAIM_REPLY = z.tuple([z.string(), z.string().nullish(), z.string().nullish()]);
const RESET_REPLY = z.enum(['RESET', 'FENCED']);
const RELAY_REPLY = z.tuple([z.enum(['RELAYED', 'FENCED', 'GAP']), z.string()]);
const WINDOW_REPLY = z.array(z.instanceof(Buffer)).nullable();

class RedisFanout implements Fanout {
  readonly description: string;
  readonly #options: RedisFanoutOptions;
  readonly #redis: RedisClient;
  readonly #subscriptions: Subscriptions;
  readonly #onProblem: OnProblem;
  readonly #access: RedisAccess;
  readonly #healthCheck: Disposable;

  constructor(
    options: RedisFanoutOptions,
    redis: RedisClient,
    subscriptions: Subscriptions,
    access: RedisAccess,
    onProblem: OnProblem,
  ) {
    this.description = describe(options.server);
    this.#options = options;
    this.#redis = redis;
    this.#subscriptions = subscriptions;
    this.#access = access;
    this.#onProblem = onProblem;
    this.#healthCheck = startHealthCheck(redis, onProblem);
  }

  async claim(at: TopicPartition, signal: AbortSignal): Promise<Claim> {
    signal.throwIfAborted();
    const reply = await this.#run('Claiming', at, () => this.#redis.millraceClaim(this.#keys(at).meta));
    // A claim cannot be taken back. When the partition was lost meanwhile, its next owner claims it again (D9).
    signal.throwIfAborted();
    const [token, progress, topic] = CLAIM_REPLY.parse(reply);
    return {
      token,
      progress: typeof progress === 'string' ? decodeOffset(progress) : undefined,
      topicId: decodeTopicId(topic),
    };
  }

  async reset(at: TopicPartition, token: string, start: ResetPoint): Promise<'RESET' | 'FENCED'> {
    const { meta, stream } = this.#keys(at);
    const reply = await this.#run('Resetting', at, () =>
      this.#redis.millraceReset(meta, stream, token, start.progress, start.topicId ?? ''),
    );
    return RESET_REPLY.parse(reply);
  }

  async relay(at: TopicPartition, token: string, chunk: RelayChunk): Promise<RelayOutcome> {
    const { windowEvents } = this.#options;
    const { meta, stream, channel, ids } = this.#keys(at);
    const { after, through } = chunk;
    const { frames, index } = encodeFrames(chunk.events);
    const args = [
      meta,
      stream,
      token,
      after,
      through,
      windowEvents,
      IDEMPOTENCY_TTL_MS,
      channel,
      ids,
    ] as const;
    const reply = await this.#run('Relaying', at, () => this.#redis.millraceRelay(...args, frames, index));
    const [status, detail] = RELAY_REPLY.parse(reply);
    switch (status) {
      case 'RELAYED':
        return { status, duplicates: Number(detail) };
      case 'GAP':
        return { status, progress: decodeOffset(detail) };
      case 'FENCED':
        return { status };
    }
  }

  async beat(at: TopicPartition): Promise<void> {
    // D7. Race: this reads newest 17, the relay writes and publishes 18, then this publishes the beat of 17. A beat at
    // or below a node's position changes nothing, and 18 gets beats of its own.
    await this.#run('Publishing a beat of', at, async () => {
      const newest = await this.#newest(at);
      if (newest !== undefined) await this.#subscriptions.publish(this.#keys(at).channel, encodeBeat(newest));
    });
  }

  async announceLayout(at: TopicPartition): Promise<void> {
    await this.#run('Announcing the layout of', at, () =>
      this.#subscriptions.publish(this.#keys(at).channel, LAYOUT_MESSAGE),
    );
  }

  follow(at: TopicPartition, listener: FanoutListener): Promise<AsyncDisposable> {
    // `decodeMessage` throws on a broken message; `Subscriptions` reports it. The message then counts as dropped:
    // the chain shows the gap, and the hub reads it from the log.
    return this.#subscriptions.add(this.#keys(at).channel, {
      message: (bytes) => {
        const message = decodeMessage(bytes);
        if (message.kind === 'BEAT') listener.beat({ topicId: message.topicId, last: message.last });
        else if (message.kind === 'LAYOUT') listener.layoutChanged();
        else listener.relayed(message.prev, message.events, message.topicId);
      },
      resumed: () => listener.resumed(),
    });
  }

  async window(
    at: TopicIdPartition,
    after: Offset,
    through: Offset,
  ): Promise<readonly Relayed[] | undefined> {
    const { meta, stream } = this.#keys(at);
    const reply = await this.#run('Reading the window of', at, () =>
      this.#redis.millraceWindowBuffer(meta, stream, after, through, at.topicId ?? ''),
    );
    const frames = WINDOW_REPLY.parse(reply);
    if (frames === null) return undefined;
    try {
      return frames.flatMap(decodeFrames);
    } catch (cause) {
      // A window that cannot be decoded proves nothing: the caller reads the log instead.
      const message = `The window of ${partitionName(at)} has a broken frame; the log is read instead`;
      this.#onProblem({ kind: 'fanout-window', message, cause });
      return undefined;
    }
  }

  async newest(partitions: readonly TopicPartition[]): Promise<readonly (NewestRelayed | undefined)[]> {
    try {
      // One round trip: ioredis writes the commands of one tick together.
      return await Promise.all(partitions.map((at) => this.#newest(at)));
    } catch (cause) {
      throw this.#access.unavailable('Reading the progress of the fan-out', cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#access[Symbol.dispose]();
    await this.#subscriptions[Symbol.asyncDispose]();
    this.#healthCheck[Symbol.dispose]();
    this.#redis.disconnect();
  }

  async #newest(at: TopicPartition): Promise<NewestRelayed | undefined> {
    const reply = await this.#redis.hmget(this.#keys(at).meta, 'newest', 'floor', 'topic');
    // Without an event since the last reset, the floor is where the partition is.
    const last = reply[0] ?? reply[1];
    return typeof last === 'string'
      ? { topicId: decodeTopicId(reply[2]), last: decodeOffset(last) }
      : undefined;
  }

  async #run<T>(action: string, at: TopicPartition, command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (cause) {
      throw this.#access.unavailable(`${action} ${partitionName(at)}`, cause);
    }
  }

  #keys(at: TopicPartition): PartitionKeys {
    const slot = `${this.#options.prefix ?? DEFAULT_PREFIX}:{${partitionName(at)}}`;
    return { meta: `${slot}:meta`, stream: `${slot}:stream`, ids: `${slot}:id:`, channel: `${slot}:live` };
  }
}
