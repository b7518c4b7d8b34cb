import type { Cluster, Redis } from 'ioredis';
import { backoffMs, pause } from '../../core/async.js';
import type { OnProblem } from '../../ports/problem.js';
import type { RedisAccess } from './access.js';
import { withAnswerTimeout } from './answer-timeout.js';
import { isUnexpectedReply } from './connection.js';
import { startHealthCheck } from './health-check.js';
import { refreshSlots, slotOf, slotOwner } from './slot-owner.js';
import type { ChannelListener, Subscriptions } from './subscriptions.js';

/** A channel that somebody listens to, or is about to. */
interface Channel {
  readonly name: string;
  readonly slot: number;
  readonly listeners: Set<ChannelListener>;
  /** How many callers of `add` wait for the acknowledgement. */
  waiting: number;
  /** The node that has acknowledged the subscription, over a connection that is still open. */
  node: ShardNode | undefined;
  /** Resolves once a node has acknowledged it, or nobody wants it any more. */
  placing: Promise<void> | undefined;
}

interface ShardNode {
  /** `host:port` */
  readonly address: string;
  readonly redis: Redis;
  /** Resolves once it is ready. */
  readonly ready: Promise<void>;
  /** Rejects once it is closed. */
  readonly closed: Promise<never>;
  readonly healthCheck: Disposable;
}

/** Without waiting: a connection that is lost has no subscriptions anyway. */
function unsubscribe({ redis }: ShardNode, { name }: Channel): void {
  redis.sunsubscribe(name).catch(() => undefined);
}

/** The longest pause between two attempts to subscribe to a channel whose master is away. */
const MAX_RETRY_MS = 500;

/**
 * Subscriptions to sharded channels of a Redis Cluster: a message reaches only the nodes that have the channel's slot.
 *
 * ioredis's own sharded subscribers move silently to another node. But what is published between is lost, so followers
 * have to be told (`resumed`), once the new node has acknowledged the channel. Here each master that has a channel has one
 * connection, which is never reused after a loss. A channel is subscribed again when
 * - its connection is closed: the master died, or lost its network;
 * - its slot was moved: the master then ends the subscription with a message that ioredis does not expect and reports
 *   as an error, whereupon the connection is closed;
 * - another master has the slot by the newest answer of the Cluster, after an orderly failover: the former master, now
 *   a replica, keeps the subscription.
 */
export class ShardedSubscriptions implements Subscriptions {
  readonly #cluster: Cluster;
  readonly #connect: (node: string) => Redis;
  readonly #access: RedisAccess;
  readonly #onProblem: OnProblem;
  readonly #channels = new Map<string, Channel>();
  readonly #nodes = new Map<string, ShardNode>();
  readonly #closed = new AbortController();

  /** @param connect opens a connection to the node at `host:port`, which does not reconnect */
  constructor(cluster: Cluster, connect: (node: string) => Redis, access: RedisAccess, onProblem: OnProblem) {
    this.#cluster = cluster;
    this.#connect = connect;
    this.#access = access;
    this.#onProblem = onProblem;
    cluster.on('refresh', () => setImmediate(() => this.#followSlots()));
  }

  async publish(channel: string, message: Buffer): Promise<void> {
    await this.#cluster.spublish(channel, message);
  }

  /**
   * Race: the node is lost after its acknowledgement, before the listener is registered. The channel is then subscribed
   * again, which takes further ticks, and the listener is registered by the time when `resumed` is called.
   */
  async add(name: string, listener: ChannelListener): Promise<AsyncDisposable> {
    if (this.#closed.signal.aborted)
      throw this.#access.unavailable(`Following ${name}`, new Error('the fan-out is closed'));
    const channel = this.#channelOf(name);
    channel.waiting += 1;
    try {
      const acknowledged = channel.node === undefined ? this.#place(channel) : Promise.resolve();
      await withAnswerTimeout(acknowledged, `the subscription of ${name}`);
      channel.listeners.add(listener);
      return { [Symbol.asyncDispose]: async () => this.#remove(channel, listener) };
    } catch (error) {
      throw this.#access.unavailable(`Following ${name}`, error);
    } finally {
      channel.waiting -= 1;
      this.#releaseIfUnwanted(channel);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#channels.clear();
    for (const { redis, healthCheck } of this.#nodes.values()) {
      healthCheck[Symbol.dispose]();
      redis.disconnect();
    }
    this.#nodes.clear();
  }

  #channelOf(name: string): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const channel: Channel = {
      name,
      slot: slotOf(name),
      listeners: new Set(),
      waiting: 0,
      node: undefined,
      placing: undefined,
    };
    this.#channels.set(name, channel);
    return channel;
  }

  #remove(channel: Channel, listener: ChannelListener): void {
    if (channel.listeners.delete(listener)) this.#releaseIfUnwanted(channel);
  }

  #releaseIfUnwanted(channel: Channel): void {
    if (this.#isWanted(channel) || this.#channels.get(channel.name) !== channel) return;
    this.#channels.delete(channel.name);
    if (channel.node !== undefined) unsubscribe(channel.node, channel);
  }

  #isWanted(channel: Channel): boolean {
    return !this.#closed.signal.aborted && (channel.listeners.size > 0 || channel.waiting > 0);
  }

  /** Subscribes until a node acknowledges it. */
  #place(channel: Channel): Promise<void> {
    channel.placing ??= this.#subscribe(channel).finally(() => {
      channel.placing = undefined;
    });
    return channel.placing;
  }

  async #subscribe(channel: Channel): Promise<void> {
    for (let attempt = 0; this.#isWanted(channel); attempt++) {
      const address = slotOwner(this.#cluster, channel.slot);
      if (address !== undefined && (await this.#subscribeAt(channel, this.#nodeAt(address)))) return;
      await refreshSlots(this.#cluster);
      await pause(backoffMs(attempt, MAX_RETRY_MS), this.#closed.signal);
    }
  }

  /** @returns whether the node has acknowledged it */
  async #subscribeAt(channel: Channel, node: ShardNode): Promise<boolean> {
    const { name } = channel;
    try {
      await withAnswerTimeout(Promise.race([node.ready, node.closed]), 'a new connection');
      const acknowledged = Promise.race([node.redis.ssubscribe(name), node.closed]);
      await withAnswerTimeout(acknowledged, `the subscription of ${name}`);
    } catch (cause) {
      this.#report(channel, cause);
      return false;
    }
    // Closed in the tick of the acknowledgement.
    if (this.#nodes.get(node.address) !== node) return false;
    if (this.#isWanted(channel)) channel.node = node;
    // Unless somebody has followed the channel again meanwhile.
    else if (!this.#channels.has(name)) unsubscribe(node, channel);
    return true;
  }

  #nodeAt(address: string): ShardNode {
    const known = this.#nodes.get(address);
    if (known !== undefined) return known;
    const redis = this.#connect(address);
    const ready = new Promise<void>((resolve) => redis.once('ready', resolve));
    const closed = new Promise<never>((_resolve, reject) => {
      redis.once('close', () => reject(new Error(`The connection to ${address} is closed`)));
    });
    closed.catch(() => undefined);
    const node = { address, redis, ready, closed, healthCheck: startHealthCheck(redis, this.#onProblem) };
    redis.on('smessageBuffer', (channel: Buffer, message: Buffer) =>
      this.#deliver(channel.toString(), message),
    );
    // Another master has a slot: of a channel to be subscribed, whose promise ioredis never settles; or of a channel that
    // the server has unsubscribed.
    redis.on('moved', () => redis.disconnect());
    redis.on('error', (error: Error) => {
      if (isUnexpectedReply(error)) redis.disconnect();
    });
    redis.once('close', () => this.#lost(node));
    this.#nodes.set(address, node);
    return node;
  }

  #lost(node: ShardNode): void {
    node.healthCheck[Symbol.dispose]();
    if (this.#nodes.get(node.address) === node) this.#nodes.delete(node.address);
    for (const channel of this.#channels.values()) if (channel.node === node) this.#move(channel);
  }

  /** Moves channels whose slot another master has by now, and closes connections to nodes that have no slot. */
  #followSlots(): void {
    for (const channel of this.#channels.values()) {
      const owner = slotOwner(this.#cluster, channel.slot);
      if (channel.node !== undefined && owner !== undefined && owner !== channel.node.address)
        this.#move(channel);
    }
    const masters = new Set(this.#cluster.slots.map((owners) => owners?.[0]));
    for (const node of this.#nodes.values()) {
      const isUsed = [...this.#channels.values()].some((channel) => channel.node === node);
      if (!masters.has(node.address) && !isUsed) node.redis.disconnect();
    }
  }

  /** Subscribes again. Anything may have been missed, so the followers are told once it is acknowledged. */
  #move(channel: Channel): void {
    const former = channel.node;
    channel.node = undefined;
    void refreshSlots(this.#cluster)
      .then(() => this.#place(channel))
      .then(() => {
        if (channel.node === undefined) return;
        for (const listener of [...channel.listeners]) this.#guard(channel.name, () => listener.resumed());
        if (former !== undefined && former !== channel.node) unsubscribe(former, channel);
      });
  }

  #deliver(name: string, message: Buffer): void {
    const listeners = this.#channels.get(name)?.listeners;
    if (listeners === undefined) return;
    for (const listener of listeners) this.#guard(name, () => listener.message(message));
  }

  #report(channel: Channel, cause: unknown): void {
    if (this.#closed.signal.aborted) return;
    const message = `Subscribing to ${channel.name} failed; trying again`;
    const error = this.#access.unavailable(message, cause);
    this.#onProblem({ kind: 'fanout-resubscribe', message, cause: error.cause ?? error });
  }

  #guard(channel: string, work: () => void): void {
    try {
      work();
    } catch (cause) {
      const message = `A message on ${channel} could not be handled`;
      this.#onProblem({ kind: 'fanout-listener', message, cause });
    }
  }
}
