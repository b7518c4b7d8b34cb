import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Relayed } from '../../core/event.js';
import type { Offset } from '../../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../../core/position.js';
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
import { commandConnection, describe, subscriberConnection, unavailable } from './connection.js';
import { decodeFrames, encodeFrames } from './frame.js';
import { decodeMessage, decodeOffset, decodeTopicId, encodeBeat } from './message.js';
import { keepPulse } from './pulse.js';
import { Subscriptions } from './subscriptions.js';

export interface RedisFanoutOptions {
  /** `redis://[:password@]host:port[/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** About how many events of each partition Redis keeps. */
  readonly windowEvents: number;
  /** Before every key and channel; `millrace` when left out. */
  readonly prefix?: string;
  /** How long the id of an idempotent event is remembered, in milliseconds; 24 hours when left out. */
  readonly idempotencyTtl?: number;
  readonly onProblem?: OnProblem;
}

const PREFIX = 'millrace';
const DAY = 24 * 60 * 60 * 1000;

/**
 * A fan-out over Redis 7 or later: a stream per partition as window, a channel per partition for what is
 * new. Resolves whether or not Redis is there; it connects by itself and again. Operations reject with
 * FANOUT_UNAVAILABLE while it is away, within some seconds.
 */
export async function openRedisFanout(options: RedisFanoutOptions): Promise<Fanout> {
  const onProblem = options.onProblem ?? (() => undefined);
  const onError = (cause: Error): void =>
    onProblem({ kind: 'redis-connection', message: `${describe(options.url)}: ${cause.message}`, cause });
  const commands = commandConnection(options.url, { repeat: true }, onError);
  const subscriber = subscriberConnection(options.url, `${options.prefix ?? PREFIX}-subscriber`, onError);
  return new RedisFanout(options, commands, new Subscriptions(commands, subscriber, onProblem), onProblem);
}

/** A partition's names in Redis; the braces put them in one hash slot. */
interface Names {
  readonly meta: string;
  readonly stream: string;
  readonly ids: string;
  readonly channel: string;
}

const CLAIMED = z.tuple([z.string(), z.string().nullish(), z.string().nullish()]);
const RESET = z.enum(['RESET', 'FENCED']);
const RELAYED = z.tuple([z.enum(['RELAYED', 'FENCED', 'GAP']), z.string()]);
const FRAMES = z.array(z.instanceof(Buffer)).nullable();

class RedisFanout implements Fanout {
  readonly description: string;
  readonly #options: RedisFanoutOptions;
  readonly #redis: Redis;
  readonly #subscriptions: Subscriptions;
  readonly #onProblem: OnProblem;
  readonly #pulse: Disposable;

  constructor(options: RedisFanoutOptions, redis: Redis, subscriptions: Subscriptions, onProblem: OnProblem) {
    this.description = describe(options.url);
    this.#options = options;
    this.#redis = redis;
    this.#subscriptions = subscriptions;
    this.#onProblem = onProblem;
    this.#pulse = keepPulse(redis, onProblem);
  }

  async claim(at: TopicPartition, signal: AbortSignal): Promise<Claim> {
    signal.throwIfAborted();
    const reply = await this.#ask('Claiming', at, () => this.#redis.millraceClaim(this.#names(at).meta));
    signal.throwIfAborted();
    const [token, passed, topic] = CLAIMED.parse(reply);
    return {
      token,
      passed: typeof passed === 'string' ? decodeOffset(passed) : undefined,
      topicId: decodeTopicId(topic),
    };
  }

  async reset(at: TopicPartition, token: string, start: Start): Promise<'RESET' | 'FENCED'> {
    const { meta, stream } = this.#names(at);
    const reply = await this.#ask('Resetting', at, () =>
      this.#redis.millraceReset(meta, stream, token, start.passed, start.topicId ?? ''),
    );
    return RESET.parse(reply);
  }

  async relay(at: TopicPartition, token: string, stretch: Stretch): Promise<RelayOutcome> {
    const { windowEvents, idempotencyTtl = DAY } = this.#options;
    const { meta, stream, channel, ids } = this.#names(at);
    const { after, through } = stretch;
    const { frames, places } = encodeFrames(stretch.events);
    const args = [meta, stream, token, after, through, windowEvents, idempotencyTtl, channel, ids] as const;
    const reply = await this.#ask('Relaying', at, () => this.#redis.millraceRelay(...args, frames, places));
    const [status, number] = RELAYED.parse(reply);
    switch (status) {
      case 'RELAYED':
        return { status, duplicates: Number(number) };
      case 'GAP':
        return { status, passed: decodeOffset(number) };
      case 'FENCED':
        return { status };
    }
  }

  async beat(at: TopicPartition): Promise<void> {
    // D7. Between the two steps something may be relayed: the beat is then below it, and shows nothing.
    await this.#ask('The beat of', at, async () => {
      const newest = await this.#newest(at);
      if (newest !== undefined)
        await this.#subscriptions.publish(this.#names(at).channel, encodeBeat(newest));
    });
  }

  follow(at: TopicPartition, listener: FanoutListener): Promise<AsyncDisposable> {
    // What cannot be read counts as dropped: the chain shows it, and the log has it.
    return this.#subscriptions.add(this.#names(at).channel, {
      heard: (bytes) => {
        const message = decodeMessage(bytes);
        if (message.kind === 'BEAT') listener.beat({ topicId: message.topicId, last: message.last });
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
    const { meta, stream } = this.#names(at);
    const reply = await this.#ask('Reading the window of', at, () =>
      this.#redis.millraceWindowBuffer(meta, stream, after, through, at.topicId ?? ''),
    );
    const frames = FRAMES.parse(reply);
    if (frames === null) return undefined;
    try {
      return frames.flatMap(decodeFrames);
    } catch (cause) {
      // Not provable: the caller reads the log instead.
      this.#onProblem({ kind: 'fanout-window', message: `${partitionName(at)}: a frame is broken`, cause });
      return undefined;
    }
  }

  async newest(partitions: readonly TopicPartition[]): Promise<readonly (Newest | undefined)[]> {
    try {
      // Written in one go: ioredis sends what is asked in one turn together.
      return await Promise.all(partitions.map((at) => this.#newest(at)));
    } catch (cause) {
      throw unavailable('Reading the progress of the fan-out', cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscriptions[Symbol.asyncDispose]();
    this.#pulse[Symbol.dispose]();
    this.#redis.disconnect();
  }

  async #newest(at: TopicPartition): Promise<Newest | undefined> {
    const reply = await this.#redis.hmget(this.#names(at).meta, 'newest', 'floor', 'topic');
    const last = reply[0] ?? reply[1];
    return typeof last === 'string'
      ? { topicId: decodeTopicId(reply[2]), last: decodeOffset(last) }
      : undefined;
  }

  async #ask<T>(doing: string, at: TopicPartition, command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (cause) {
      throw unavailable(`${doing} ${partitionName(at)}`, cause);
    }
  }

  #names(at: TopicPartition): Names {
    const slot = `${this.#options.prefix ?? PREFIX}:{${partitionName(at)}}`;
    return { meta: `${slot}:meta`, stream: `${slot}:stream`, ids: `${slot}:id:`, channel: `${slot}:live` };
  }
}
