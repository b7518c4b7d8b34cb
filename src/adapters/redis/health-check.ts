import { Cluster, type Redis } from 'ioredis';
import type { OnProblem } from '../../ports/problem.js';
import { ANSWER_TIMEOUT_MS, withAnswerTimeout } from './answer-timeout.js';
import type { RedisClient } from './connection.js';

/**
 * Pings a connection every `ANSWER_TIMEOUT_MS` and reconnects it when the ping is not answered. A host that
 * vanishes closes no sockets, and the kernel notices only after many minutes.
 *
 * It also reconnects a connection that stays at `connect` from one check to the next: the socket was accepted,
 * but the server never answered ioredis's first command, for which ioredis itself waits without a limit.
 */
export function startHealthCheck(redis: RedisClient, onProblem: OnProblem): Disposable {
  return redis instanceof Cluster ? checkNodes(redis, onProblem) : checkConnection(redis, onProblem);
}

/** Checks the connection to each node. A Cluster replaces a connection that is closed. */
function checkNodes(cluster: Cluster, onProblem: OnProblem): Disposable {
  const checks = new Set<Disposable>();
  const watch = (node: Redis): void => {
    const check = checkConnection(node, onProblem);
    checks.add(check);
    node.once('end', () => {
      check[Symbol.dispose]();
      checks.delete(check);
    });
  };
  for (const node of cluster.nodes()) watch(node);
  cluster.on('+node', watch);
  return {
    [Symbol.dispose]: () => {
      cluster.off('+node', watch);
      for (const check of checks) check[Symbol.dispose]();
    },
  };
}

function checkConnection(redis: Redis, onProblem: OnProblem): Disposable {
  let connectingBefore: Redis['stream'] | undefined;
  const reconnect = (cause: unknown): void => {
    onProblem({ kind: 'redis-silent', message: 'Redis does not answer; reconnecting', cause });
    redis.disconnect(true);
  };
  const timer = setInterval(async () => {
    const { stream, status } = redis;
    if (status === 'connect' && stream === connectingBefore)
      reconnect(new Error('Redis accepted the connection but did not become ready'));
    connectingBefore = status === 'connect' ? stream : undefined;
    if (status !== 'ready') return;
    try {
      await withAnswerTimeout(redis.ping(), 'a ping');
    } catch (cause) {
      // Race: the pinged connection is lost, ioredis reconnects, then this ping times out. The new connection is
      // healthy and must not be closed, so only the stream that was pinged is.
      if (redis.status === 'ready' && redis.stream === stream) reconnect(cause);
    }
  }, ANSWER_TIMEOUT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
