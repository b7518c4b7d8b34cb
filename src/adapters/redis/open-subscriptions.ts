import { Cluster, type Redis } from 'ioredis';
import type { OnProblem } from '../../ports/problem.js';
import type { RedisAccess } from './access.js';
import { ChannelSubscriptions } from './channel-subscriptions.js';
import { type RedisClient, shardConnection, subscriberConnection } from './connection.js';
import type { RedisServer } from './server.js';
import { ShardedSubscriptions } from './sharded-subscriptions.js';
import type { Subscriptions } from './subscriptions.js';

interface SubscriptionsOptions {
  readonly server: RedisServer;
  /** Of the connections, shown by CLIENT LIST. */
  readonly name: string;
  readonly onProblem: OnProblem;
  readonly access: RedisAccess;
}

/** @param commands the connection that publishes */
export function openSubscriptions(
  commands: RedisClient,
  { server, name, onProblem, access }: SubscriptionsOptions,
): Subscriptions {
  if (commands instanceof Cluster) {
    const connect = (node: string): Redis => shardConnection(server, node, name, access.onError);
    return new ShardedSubscriptions(commands, connect, access, onProblem);
  }
  return new ChannelSubscriptions(
    commands,
    subscriberConnection(server, name, access.onError),
    access,
    onProblem,
  );
}
