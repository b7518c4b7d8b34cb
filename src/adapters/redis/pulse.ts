import type { Redis } from 'ioredis';
import { MillraceError } from '../../core/errors.js';
import type { OnProblem } from '../../ports/problem.js';
import { ANSWER_WITHIN } from './connection.js';

/**
 * Asks a connection every `ANSWER_WITHIN` whether it lives, and has one that does not answer made anew:
 * a host that vanished closes nothing, and the system would notice only after many minutes. The same holds
 * for one that was accepted and never became ready: ioredis waits for its first answer without a limit.
 */
export function keepPulse(redis: Redis, onProblem: OnProblem): Disposable {
  let unready: Redis['stream'] | undefined;
  const again = (cause: unknown): void => {
    onProblem({ kind: 'redis-silent', message: 'Redis does not answer; connecting again', cause });
    redis.disconnect(true);
  };
  const timer = setInterval(async () => {
    const { stream, status } = redis;
    if (status === 'connect' && stream === unready)
      again(new Error('It accepted the connection, and no more'));
    unready = status === 'connect' ? stream : undefined;
    if (status !== 'ready') return;
    try {
      await within(redis.ping(), 'a ping');
    } catch (cause) {
      // The connection may have been lost and made anew meanwhile: that one is not the one asked.
      if (redis.status === 'ready' && redis.stream === stream) again(cause);
    }
  }, ANSWER_WITHIN);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Bounds the wait for an answer: what is sent over a subscriber connection has no limit of its own. */
export async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `Redis did not answer ${what} in ${ANSWER_WITHIN} ms.`;
      reject(new MillraceError('FANOUT_UNAVAILABLE', message));
    }, ANSWER_WITHIN);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
