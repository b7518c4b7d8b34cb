import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { OnProblem } from '../../ports/problem.js';
import { unavailable } from './connection.js';
import { keepPulse, within } from './pulse.js';

/** Who hears a channel. */
export interface Hearer {
  heard(message: Buffer): void;
  /** The connection was lost and is back, and the channel is acknowledged again. */
  resumed(): void;
}

const ignore = (): void => undefined;

/**
 * Channels of Redis through `RedisPubSub` of graphql-redis-subscriptions, with what it leaves open:
 * - a SUBSCRIBE that fails rejects a promise that nobody holds, unless a second subscription of the same
 *   channel waits for it: each gets a second one that ignores what it hears;
 * - a listener that throws keeps the message from the ones after it;
 * - after a reconnect nobody is told. Here every channel is subscribed again, and once Redis has
 *   acknowledged it its hearers are told.
 */
export class Subscriptions implements AsyncDisposable {
  readonly #pubsub: RedisPubSub;
  readonly #subscriber: Redis;
  readonly #onProblem: OnProblem;
  readonly #hearers = new Map<string, Set<Hearer>>();
  /** Whether there was a connection before: the next one is a return. */
  #wasReady = false;
  readonly #pulse: Disposable;
  #closed = false;

  constructor(publisher: Redis, subscriber: Redis, onProblem: OnProblem) {
    this.#subscriber = subscriber;
    this.#onProblem = onProblem;
    this.#pubsub = new RedisPubSub({
      publisher,
      subscriber,
      messageEventName: 'messageBuffer',
      pmessageEventName: 'pmessageBuffer',
      deserializer: (message) => message,
    });
    this.#pulse = keepPulse(subscriber, onProblem);
    subscriber.on('ready', () => {
      if (this.#wasReady) void this.#resubscribe();
      this.#wasReady = true;
    });
  }

  publish(channel: string, message: Buffer): Promise<void> {
    return this.#pubsub.publish(channel, message);
  }

  /**
   * Resolves once Redis has acknowledged the channel. When the connection is lost meanwhile, `resumed`
   * follows.
   * @throws {MillraceError} FANOUT_UNAVAILABLE when it did not within 5 seconds
   */
  async add(channel: string, hearer: Hearer): Promise<AsyncDisposable> {
    if (this.#closed) throw unavailable(`Following ${channel}`, new Error('closed'));
    const hear = (message: Buffer): void =>
      this.#guard('fanout-listener', channel, () => hearer.heard(message));
    const both = Promise.all([
      this.#pubsub.subscribe(channel, hear),
      this.#pubsub.subscribe(channel, ignore),
    ]);
    try {
      const ids = await within(both, `the subscription of ${channel}`);
      this.#hearersOf(channel).add(hearer);
      return { [Symbol.asyncDispose]: async () => this.#remove(channel, hearer, ids) };
    } catch (error) {
      // The acknowledgement may still come; nobody wants it then.
      both.then((ids) => this.#release(ids), ignore);
      throw unavailable(`Following ${channel}`, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#hearers.clear();
    this.#pulse[Symbol.dispose]();
    this.#subscriber.disconnect();
  }

  #hearersOf(channel: string): Set<Hearer> {
    const there = this.#hearers.get(channel) ?? new Set();
    this.#hearers.set(channel, there);
    return there;
  }

  #remove(channel: string, hearer: Hearer, ids: readonly number[]): void {
    const hearers = this.#hearers.get(channel);
    if (hearers?.delete(hearer) !== true) return;
    if (hearers.size === 0) this.#hearers.delete(channel);
    this.#release(ids);
  }

  #release(ids: readonly number[]): void {
    if (this.#closed) return;
    for (const id of ids) this.#pubsub.unsubscribe(id);
  }

  async #resubscribe(): Promise<void> {
    const channels = [...this.#hearers.keys()];
    if (channels.length === 0) return;
    try {
      await within(this.#subscriber.subscribe(...channels), 'the subscription of all channels');
    } catch (error) {
      if (this.#closed) return;
      this.#onProblem({ kind: 'fanout-resubscribe', message: 'Redis refuses the channels', cause: error });
      // Without its channels the connection is of no use; the next one tries again.
      this.#subscriber.disconnect(true);
      return;
    }
    for (const channel of channels) {
      for (const hearer of [...(this.#hearers.get(channel) ?? [])]) {
        this.#guard('fanout-listener', channel, () => hearer.resumed());
      }
    }
  }

  #guard(kind: string, channel: string, work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.#onProblem({ kind, message: `What ${channel} brought could not be handled`, cause });
    }
  }
}
