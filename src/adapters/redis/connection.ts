import {
  type Callback,
  Cluster,
  type ClusterNode,
  type Redis,
  type RedisOptions,
  type Result,
} from 'ioredis';
import { backoffMs } from '../../core/async.js';
import { ANSWER_TIMEOUT_MS } from './answer-timeout.js';
import { keepLive, type LiveOptions, liveOptions } from './live-options.js';
import { LiveRedis, tolerateLaterErrors } from './live-redis.js';
import { ANNOUNCE, LIST, WITHDRAW } from './node-scripts.js';
import { CLAIM, RELAY, RELAY_SHARDED, REPLACE, RESET, WINDOW } from './scripts.js';
import { hostAndPort, type RedisServer } from './server.js';
import { SubscriberConnection } from './subscriber-connection.js';

type ScriptArgument = string | number | Buffer;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    millraceClaim(meta: string, callback?: Callback<unknown>): Result<unknown, Context>;
    millraceReset(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceRelay(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceWindowBuffer(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceReplace(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceAnnounce(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceWithdraw(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceNodes(...args: ScriptArgument[]): Result<unknown, Context>;
  }
}

/** A connection for commands: to one server, or to all nodes of a Cluster. */
export type RedisClient = Redis | Cluster;

type OnError = (error: Error) => void;

const COMMON_OPTIONS: RedisOptions = {
  connectTimeout: ANSWER_TIMEOUT_MS,
  keepAlive: 10_000,
  // A primary was demoted to a replica: what is written there is lost, so reconnect and resolve the name again.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

// ioredis counts from 1. The first retries are soon over, so commands fail fast while Redis is away.
const retryStrategy = (attempt: number): number => backoffMs(attempt - 1);

/** How often a Cluster is asked which master has which slots, besides when a command shows that one was moved. */
const SLOTS_REFRESH_INTERVAL_MS = 2_000;
const RETRY_DELAY_MS = 100;

const SCRIPTS = {
  millraceClaim: { lua: CLAIM, numberOfKeys: 1 },
  millraceReset: { lua: RESET, numberOfKeys: 2 },
  millraceRelay: { lua: RELAY, numberOfKeys: 2 },
  millraceWindow: { lua: WINDOW, numberOfKeys: 2 },
  millraceReplace: { lua: REPLACE, numberOfKeys: 1 },
  millraceAnnounce: { lua: ANNOUNCE, numberOfKeys: 2 },
  millraceWithdraw: { lua: WITHDRAW, numberOfKeys: 2 },
  millraceNodes: { lua: LIST, numberOfKeys: 1 },
};

/**
 * Opens a connection for commands. It connects and reconnects in the background. While Redis is away, a command
 * fails after two failed connection attempts or after `ANSWER_TIMEOUT_MS`.
 * @param options with `repeat`, a command whose answer was lost is sent again after the reconnect: only for
 *   connections whose commands are all safe to repeat
 */
export function commandConnection(
  server: RedisServer,
  options: { readonly repeat: boolean },
  onError: OnError,
): RedisClient {
  const commands: RedisOptions = { ...COMMON_OPTIONS, commandTimeout: ANSWER_TIMEOUT_MS };
  const { topology } = server;
  if (topology.kind === 'cluster') {
    const nodes = topology.nodes.map(hostAndPort);
    return clusterConnection(nodes, options, commands, liveOptions(server, onError), onError);
  }
  const connection = {
    ...sentinelOptions(server),
    ...commands,
    retryStrategy,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: options.repeat,
    scripts: SCRIPTS,
  };
  return new LiveRedis(server, connection, onError);
}

/**
 * Opens a connection for subscriptions only. Its commands wait until Redis is back, however long that takes; the
 * caller sets its own limit (`withAnswerTimeout`). `autoResubscribe` is off: ioredis would resubscribe without
 * reporting when Redis acknowledges it, and with promises that nobody handles. `Subscriptions` does it instead.
 * @param name shown by CLIENT LIST
 */
export function subscriberConnection(server: RedisServer, name: string, onError: OnError): Redis {
  const connection = {
    ...sentinelOptions(server),
    ...COMMON_OPTIONS,
    retryStrategy,
    maxRetriesPerRequest: null,
    autoResubscribe: false,
    connectionName: name,
  };
  return new SubscriberConnection(server, connection, onError);
}

/**
 * Opens a connection for subscriptions to one node of a Cluster. It never reconnects: after a loss, another node may
 * have the slots.
 */
export function shardConnection(server: RedisServer, node: string, name: string, onError: OnError): Redis {
  const connection = {
    ...COMMON_OPTIONS,
    ...hostAndPort(node),
    retryStrategy: () => null,
    autoResubscribe: false,
    connectionName: name,
  };
  return new SubscriberConnection(server, connection, (error) => {
    if (!isUnexpectedReply(error)) onError(error);
  });
}

/** ioredis reports a reply to no command as an error: Redis has ended the subscription of a channel that was moved. */
export const isUnexpectedReply = (error: Error): boolean =>
  error.message.startsWith('Command queue state error');

function clusterConnection(
  nodes: ClusterNode[],
  { repeat }: { readonly repeat: boolean },
  commands: RedisOptions,
  live: LiveOptions,
  onError: OnError,
): Cluster {
  const cluster = new RedisClusterConnection(nodes, {
    redisOptions: Object.defineProperties(commands, Object.getOwnPropertyDescriptors(live)),
    scripts: { ...SCRIPTS, millraceRelay: { lua: RELAY_SHARDED, numberOfKeys: 2 } },
    lazyConnect: true,
    clusterRetryStrategy: retryStrategy,
    // Certificates name hosts, so Node has to resolve them: ioredis would connect to their addresses.
    dnsLookup: (host, found) => found(null, host),
    slotsRefreshInterval: SLOTS_REFRESH_INTERVAL_MS,
    slotsRefreshTimeout: ANSWER_TIMEOUT_MS,
    // ioredis sends a command whose answer was lost again after this pause. 0: it rejects instead.
    retryDelayOnFailover: repeat ? RETRY_DELAY_MS : 0,
  });
  // A node's connection is made with the options of its time, and used again to refresh the slots.
  cluster.on('+node', (node: Redis) => {
    keepLive(node, live);
    tolerateLaterErrors(node);
    reportCopies(node, onError);
  });
  cluster.on('-node', () => cluster.refreshSlotsCache());
  cluster.on('node error', onError);
  cluster.on('error', onError);
  cluster.connect().catch(() => undefined); // Reported by `onError`.
  return cluster;
}

/**
 * ioredis asks a Cluster for its slots over a copy of a node's connection, and ignores the copy's errors. Until the slots are
 * known, only the copy reports what Redis refuses.
 */
function reportCopies(node: Redis, onError: OnError): void {
  const duplicate = node.duplicate.bind(node);
  node.duplicate = (options) => {
    const copy = duplicate(options);
    copy.on('error', onError);
    tolerateLaterErrors(copy);
    return copy;
  };
}

/** Bounds the wait of every command, which a Cluster that is away would keep in its queue. */
class RedisClusterConnection extends Cluster {
  override sendCommand(...[command, stream, node]: Parameters<Cluster['sendCommand']>): unknown {
    command.setTimeout(ANSWER_TIMEOUT_MS);
    return super.sendCommand(command, stream, node);
  }
}

function sentinelOptions({ topology, tls }: RedisServer): RedisOptions {
  if (topology.kind !== 'sentinel') return {};
  return {
    sentinels: topology.sentinels.map(hostAndPort),
    name: topology.master,
    ...(topology.username !== undefined && { sentinelUsername: topology.username }),
    enableTLSForSentinelMode: tls !== undefined,
    sentinelRetryStrategy: retryStrategy,
    sentinelCommandTimeout: ANSWER_TIMEOUT_MS,
    // D1: without it, connections stay at the former master for about eleven seconds after an orderly failover, and
    // everything that they write there is lost without an error.
    failoverDetector: true,
  };
}
