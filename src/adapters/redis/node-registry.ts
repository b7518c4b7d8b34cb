import { z } from 'zod';
import { refusalIn } from '../../core/refusal.js';
import { CarriedNodeRegistry } from '../../ports/carried-node-registry.js';
import type { Announced, NodeCarrier } from '../../ports/node-carrier.js';
import { MAX_NODES, type NodeRegistry, PRESENT_MS } from '../../ports/node-registry.js';
import type { OnProblem } from '../../ports/problem.js';
import { RedisAccess } from './access.js';
import { commandConnection, type RedisClient } from './connection.js';
import { startHealthCheck } from './health-check.js';
import { openSubscriptions } from './open-subscriptions.js';
import { describe, type RedisServer } from './server.js';
import type { Subscriptions } from './subscriptions.js';

interface RedisNodeRegistryOptions {
  readonly server: RedisServer;
  /** Prefix of every key and channel; `millrace` by default. */
  readonly prefix?: string;
  readonly onProblem?: OnProblem;
}

const LIST_REPLY = z.array(z.string());

/**
 * Opens the registry of the nodes that share a Redis and a prefix. It connects and reconnects in the background, over two
 * connections of its own: a question must not wait behind events, nor events behind a question.
 */
export async function openRedisNodeRegistry(options: RedisNodeRegistryOptions): Promise<NodeRegistry> {
  const onProblem = options.onProblem ?? (() => undefined);
  return new CarriedNodeRegistry(new RedisNodeCarrier(options, onProblem), onProblem);
}

class RedisNodeCarrier implements NodeCarrier {
  readonly #server: RedisServer;
  readonly #access: RedisAccess;
  readonly #redis: RedisClient;
  readonly #subscriptions: Subscriptions;
  readonly #healthCheck: Disposable;
  /** The braces put all keys and channels in one hash slot. */
  readonly #slot: string;

  constructor({ server, prefix = 'millrace' }: RedisNodeRegistryOptions, onProblem: OnProblem) {
    this.#server = server;
    this.#slot = `${prefix}:{nodes}`;
    this.#access = new RedisAccess(server, onProblem);
    // Announcing and withdrawing twice is the same as once; a question that arrives twice is answered twice.
    this.#redis = commandConnection(server, { repeat: true }, this.#access.onError);
    const name = `${prefix}-nodes`;
    this.#subscriptions = openSubscriptions(this.#redis, { server, name, onProblem, access: this.#access });
    this.#healthCheck = startHealthCheck(this.#redis, onProblem);
  }

  sentenceOf(cause: unknown): string {
    const failure = this.#access.unavailable('Hearing other nodes', cause);
    const reason = refusalIn(failure)?.message ?? `${describe(this.#server)} cannot be used at the moment.`;
    return `Other nodes cannot be heard: ${reason}`;
  }

  async put(id: string, report: string): Promise<boolean> {
    const { index, reportOf } = this.#keys;
    return (await this.#redis.millraceAnnounce(index, reportOf(id), PRESENT_MS, id, report, MAX_NODES)) === 1;
  }

  async list(): Promise<readonly Announced[]> {
    const { index, reportOf } = this.#keys;
    const reply = LIST_REPLY.parse(await this.#redis.millraceNodes(index, PRESENT_MS, reportOf('')));
    const nodes: Announced[] = [];
    for (let i = 0; i + 2 < reply.length; i += 3)
      nodes.push({ id: reply[i] ?? '', ageMs: Number(reply[i + 1]), report: reply[i + 2] ?? '' });
    return nodes;
  }

  async remove(id: string): Promise<void> {
    const { index, reportOf } = this.#keys;
    await this.#redis.millraceWithdraw(index, reportOf(id), PRESENT_MS, id);
  }

  send(channel: string, message: string): Promise<void> {
    return this.#subscriptions.publish(`${this.#slot}:${channel}`, Buffer.from(message));
  }

  async listen(channel: string, hear: (message: string) => void): Promise<void> {
    await this.#subscriptions.add(`${this.#slot}:${channel}`, {
      message: (bytes) => hear(bytes.toString()),
      // What was missed meanwhile was asked too early: whoever asked does not wait for it.
      resumed: () => undefined,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#access[Symbol.dispose]();
    await this.#subscriptions[Symbol.asyncDispose]();
    this.#healthCheck[Symbol.dispose]();
    this.#redis.disconnect();
  }

  get #keys() {
    return { index: `${this.#slot}:present`, reportOf: (id: string) => `${this.#slot}:report:${id}` };
  }
}
