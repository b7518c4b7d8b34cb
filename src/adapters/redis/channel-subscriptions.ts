import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { OnProblem } from '../../ports/problem.js';
import type { RedisAccess } from './access.js';
import { withAnswerTimeout } from './answer-timeout.js';
import type { RedisClient } from './connection.js';
import { startHealthCheck } from './health-check.js';
import type { ChannelListener, Subscriptions } from './subscriptions.js';

const ignore = (): void => undefined;

/**
 * Subscriptions to Redis channels, through `RedisPubSub` of graphql-redis-subscriptions. Mends what it lacks:
 * - When a SUBSCRIBE fails, `RedisPubSub` rejects a promise that nobody handles, unless a second subscription of the
 *   same channel waits for it. So each channel gets a second subscription, which ignores its messages.
 * - A listener that throws keeps the message from the listeners after it. Here each is called in its own `try`.
 * - After a reconnect it reports nothing. Here all channels are subscribed again, and once Redis has acknowledged
 *   them their listeners are notified.
 */
export class ChannelSubscriptions implements Subscriptions {
  readonly #pubsub: RedisPubSub;
  readonly #subscriber: Redis;
  readonly #access: RedisAccess;
  readonly #onProblem: OnProblem;
  readonly #listeners = new Map<string, Set<ChannelListener>>();
  /** Whether the connection was ready before: then the next `ready` is a reconnect. */
  #wasReady = false;
  readonly #healthCheck: Disposable;
  #closed = false;

  constructor(publisher: RedisClient, subscriber: Redis, access: RedisAccess, onProblem: OnProblem) {
    this.#access = access;
    this.#subscriber = subscriber;
    this.#onProblem = onProblem;
    this.#pubsub = new RedisPubSub({
      publisher,
      subscriber,
      messageEventName: 'messageBuffer',
      pmessageEventName: 'pmessageBuffer',
      deserializer: (message) => message,
    });
    this.#healthCheck = startHealthCheck(subscriber, onProblem);
    subscriber.on('ready', () => {
      if (this.#wasReady) void this.#resubscribe();
      this.#wasReady = true;
    });
  }

  publish(channel: string, message: Buffer): Promise<void> {
    return this.#pubsub.publish(channel, message);
  }

  /**
   * The listener is registered in the tick of the acknowledgement. A reconnect takes further ticks, so it always finds
   * the channel here: when the connection is lost after the acknowledgement, the channel is subscribed again and
   * `resumed` is called.
   */
  async add(channel: string, listener: ChannelListener): Promise<AsyncDisposable> {
    if (this.#closed)
      throw this.#access.unavailable(`Following ${channel}`, new Error('the fan-out is closed'));
    const onMessage = (bytes: Buffer): void =>
      this.#guard('fanout-listener', channel, () => listener.message(bytes));
    const both = Promise.all([
      this.#pubsub.subscribe(channel, onMessage),
      this.#pubsub.subscribe(channel, ignore),
    ]);
    try {
      const ids = await withAnswerTimeout(both, `the subscription of ${channel}`);
      this.#listenersOf(channel).add(listener);
      return { [Symbol.asyncDispose]: async () => this.#remove(channel, listener, ids) };
    } catch (error) {
      // The acknowledgement may still arrive. Nobody waits for it then, so it is released.
      both.then((ids) => this.#release(ids), ignore);
      throw this.#access.unavailable(`Following ${channel}`, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#healthCheck[Symbol.dispose]();
    this.#subscriber.disconnect();
  }

  #listenersOf(channel: string): Set<ChannelListener> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners);
    return listeners;
  }

  #remove(channel: string, listener: ChannelListener, ids: readonly number[]): void {
    const listeners = this.#listeners.get(channel);
    if (listeners?.delete(listener) !== true) return;
    if (listeners.size === 0) this.#listeners.delete(channel);
    this.#release(ids);
  }

  #release(ids: readonly number[]): void {
    if (this.#closed) return;
    for (const id of ids) this.#pubsub.unsubscribe(id);
  }

  async #resubscribe(): Promise<void> {
    const channels = [...this.#listeners.keys()];
    if (channels.length === 0) return;
    try {
      await withAnswerTimeout(this.#subscriber.subscribe(...channels), 'the subscription of all channels');
    } catch (error) {
      if (this.#closed) return;
      this.#onProblem({
        kind: 'fanout-resubscribe',
        message: 'Resubscribing failed; reconnecting',
        cause: error,
      });
      // Without its channels the connection is useless. Reconnecting starts the next attempt.
      this.#subscriber.disconnect(true);
      return;
    }
    for (const channel of channels) {
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) {
        this.#guard('fanout-listener', channel, () => listener.resumed());
      }
    }
  }

  #guard(kind: string, channel: string, work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.#onProblem({ kind, message: `A message on ${channel} could not be handled`, cause });
    }
  }
}
