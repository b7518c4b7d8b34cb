import { Cluster } from 'ioredis';
import { deferred } from '../../core/async.js';
import type { RedisClient } from './connection.js';
import { type Lineage, observe, replicationOf } from './lineage.js';
import { CONFIRM } from './scripts.js';
import { knownReplicas } from './sentinels.js';
import type { RedisServer } from './server.js';
import { refreshSlots, slotOf, slotOwner } from './slot-owner.js';

interface Write {
  readonly key: string;
  readonly value: Buffer;
  resolve(isThere: boolean): void;
  reject(cause: unknown): void;
}

/** The writes of one master. */
interface Target {
  readonly address: string;
  lineage: Lineage | undefined;
  /** When INFO was read last, in milliseconds. */
  readAt: number;
  queue: Write[];
  /** Whether a batch is on its way. Those that come meanwhile are the next one. */
  isBusy: boolean;
}

/** How long replicas may take to acknowledge a value. The connection waits meanwhile. */
const ACKNOWLEDGEMENT_TIMEOUT_MS = 1_000;
const MAX_INFO_AGE_MS = 5_000;
/** How often a write is sent again because its slot has moved. */
const MAX_MOVES = 5;
/** The last one: ioredis has learnt of some of the moves in a batch. */
const MOVED = /^(?:MOVED|ASK|TRYAGAIN|CLUSTERDOWN|All keys in the pipeline)/;

/**
 * D1: writes values that a failover must not lose. A value counts once every replica that may be promoted has it.
 *
 * Each batch is one pipeline: the values, INFO and WAIT. WAIT concerns what its own connection has written, so all
 * of it has to go over one connection: after a reconnect, WAIT alone would succeed for nothing.
 */
export class ReplicatedWrites {
  readonly #redis: RedisClient;
  readonly #server: RedisServer;
  readonly #targets = new Map<string, Target>();

  constructor(redis: RedisClient, server: RedisServer) {
    this.#redis = redis;
    this.#server = server;
    // The next connection may be to another server.
    redis.on('close', () => {
      for (const target of this.#targets.values()) target.readAt = Number.NEGATIVE_INFINITY;
    });
  }

  /**
   * Resolves once the value is on every replica, or with `false` if something else is there.
   * @throws {Error} when the replicas do not acknowledge it: a failover may lose the value
   */
  async confirm(key: string, value: Buffer): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#enqueue(key, value);
      } catch (cause) {
        if (!(this.#redis instanceof Cluster) || attempt === MAX_MOVES) throw cause;
        if (!(cause instanceof Error) || !MOVED.test(cause.message)) throw cause;
        await refreshSlots(this.#redis);
      }
    }
  }

  #enqueue(key: string, value: Buffer): Promise<boolean> {
    const { promise, resolve, reject } = deferred<boolean>();
    const target = this.#targetOf(key);
    target.queue.push({ key, value, resolve, reject });
    if (!target.isBusy) void this.#flush(target);
    return promise;
  }

  #targetOf(key: string): Target {
    const address = this.#redis instanceof Cluster ? (slotOwner(this.#redis, slotOf(key)) ?? '') : '';
    const known = this.#targets.get(address);
    if (known !== undefined) return known;
    const target = {
      address,
      lineage: undefined,
      readAt: Number.NEGATIVE_INFINITY,
      queue: [],
      isBusy: false,
    };
    this.#targets.set(address, target);
    return target;
  }

  async #flush(target: Target): Promise<void> {
    target.isBusy = true;
    while (target.queue.length > 0) {
      const writes = target.queue;
      target.queue = [];
      try {
        await this.#write(target, writes);
      } catch (cause) {
        for (const { reject } of writes) reject(cause);
      }
    }
    target.isBusy = false;
  }

  async #write(target: Target, writes: readonly Write[]): Promise<void> {
    const { required } = await this.#lineageOf(target, writes);
    if (required === 0 && this.#server.topology.kind === 'single') {
      // One server alone: where the value was written, and nothing can take over.
      for (const { resolve } of writes) resolve(true);
      return;
    }
    const pipeline = this.#redis.pipeline();
    for (const { key, value } of writes) pipeline.eval(CONFIRM, 1, key, value);
    pipeline.info('replication');
    if (required > 0) pipeline.wait(required, ACKNOWLEDGEMENT_TIMEOUT_MS);
    const replies = (await pipeline.exec()) ?? [];
    this.#observe(target, resultOf(replies[writes.length]), 0);
    const acknowledged = required === 0 ? 0 : Number(resultOf(replies[writes.length + 1]));
    for (const [i, { resolve, reject }] of writes.entries()) {
      try {
        const isThere = resultOf(replies[i]) === 1;
        if (acknowledged < required)
          throw new Error(`${acknowledged} of ${required} replicas have acknowledged it`);
        resolve(isThere);
      } catch (cause) {
        reject(cause);
      }
    }
  }

  async #lineageOf(target: Target, writes: readonly Write[]): Promise<Lineage> {
    const { lineage, readAt } = target;
    const { topology } = this.#server;
    if (lineage !== undefined && performance.now() - readAt < MAX_INFO_AGE_MS) return lineage;
    const pipeline = this.#redis.pipeline();
    // On a Cluster, the key chooses the server.
    pipeline.get(writes[0]?.key ?? '');
    pipeline.info('replication');
    const known = lineage === undefined ? await this.#knownReplicas(writes) : 0;
    const replies = (await pipeline.exec()) ?? [];
    resultOf(replies[0]);
    if (topology.kind === 'single' && isForbidden(replies[1])) return ALONE;
    return this.#observe(target, resultOf(replies[1]), known);
  }

  #observe(target: Target, info: unknown, known: number): Lineage {
    const now = performance.now();
    const lineage = observe(target.lineage, replicationOf(String(info)), known, now);
    target.lineage = lineage;
    target.readAt = now;
    return lineage;
  }

  async #knownReplicas([first]: readonly Write[]): Promise<number> {
    if (!(this.#redis instanceof Cluster)) return await knownReplicas(this.#server);
    const servers = this.#redis.slots[slotOf(first?.key ?? '')] ?? [];
    return Math.max(0, servers.length - 1);
  }
}

/** Without the right to INFO, nothing is known of replicas. Sentinels and Clusters need it; one server may have none. */
const ALONE: Lineage = { id: '', replacedId: undefined, required: 0, fewerSince: undefined };
const isForbidden = (reply: Reply | undefined): boolean => reply?.[0]?.message.startsWith('NOPERM') === true;

type Reply = readonly [error: Error | null, result: unknown];

/** @throws the error that Redis replied */
function resultOf(reply: Reply | undefined): unknown {
  if (reply === undefined) throw new Error('Redis did not reply');
  const [error, result] = reply;
  if (error !== null && error !== undefined) throw error;
  return result;
}
