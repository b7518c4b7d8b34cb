import { type Callback, Redis, type RedisOptions, type Result } from 'ioredis';
import { MillraceError } from '../../core/errors.js';
import { CLAIM, RELAY, REPLACE, RESET, WINDOW } from './scripts.js';

type Argument = string | number | Buffer;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    millraceClaim(meta: string, callback?: Callback<unknown>): Result<unknown, Context>;
    millraceReset(...args: Argument[]): Result<unknown, Context>;
    millraceRelay(...args: Argument[]): Result<unknown, Context>;
    millraceWindowBuffer(...args: Argument[]): Result<unknown, Context>;
    millraceReplace(...args: Argument[]): Result<unknown, Context>;
  }
}

/** How long a command may go unanswered, in milliseconds: so long an operation takes to fail at most. */
export const ANSWER_WITHIN = 5_000;

const COMMON: RedisOptions = {
  // Doubling from 50 ms to 2 s: the first retries are soon over, so that commands fail fast.
  retryStrategy: (attempt) => Math.min(2_000, 25 * 2 ** Math.min(attempt, 10)),
  connectTimeout: ANSWER_WITHIN,
  keepAlive: 10_000,
  // A primary that became a replica: what is written there is lost, so look up the name again.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/**
 * A connection for commands. It connects by itself and again; while Redis is away, a command fails after
 * two failed attempts to connect or after `ANSWER_WITHIN`. With `repeat`, a command whose answer was lost
 * is sent again after the reconnect: only where every command is safe to repeat.
 */
export function commandConnection(
  url: string,
  options: { readonly repeat: boolean },
  onError: (error: Error) => void,
): Redis {
  const redis = new Redis(url, {
    ...COMMON,
    commandTimeout: ANSWER_WITHIN,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: options.repeat,
    scripts: {
      millraceClaim: { lua: CLAIM, numberOfKeys: 1 },
      millraceReset: { lua: RESET, numberOfKeys: 2 },
      millraceRelay: { lua: RELAY, numberOfKeys: 2 },
      millraceWindow: { lua: WINDOW, numberOfKeys: 2 },
      millraceReplace: { lua: REPLACE, numberOfKeys: 1 },
    },
  });
  redis.on('error', onError);
  return redis;
}

/**
 * A connection for subscriptions only. Its commands wait for Redis as long as it takes (the caller has
 * its own limit). It does not subscribe again by itself: ioredis does that without telling when it is
 * acknowledged, and with promises that nobody holds. `name` is what CLIENT LIST shows.
 */
export function subscriberConnection(url: string, name: string, onError: (error: Error) => void): Redis {
  const redis = new SubscriberConnection(url, {
    ...COMMON,
    maxRetriesPerRequest: null,
    autoResubscribe: false,
    connectionName: name,
  });
  redis.on('error', onError);
  return redis;
}

class SubscriberConnection extends Redis {
  /**
   * `RedisPubSub.unsubscribe` lets go of its promises; one that rejects would end the process. And ioredis
   * writes what concerns channels before the connection is ready, and forgets it when the connection is lost
   * before that: the promise never settles, and nobody could follow the channel again.
   */
  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    command.promise.catch(() => undefined);
    if (this.status === 'connect' && /subscribe$/.test(command.name)) {
      const later = (): void => {
        this.off('ready', later).off('close', later);
        super.sendCommand(command, stream);
      };
      this.once('ready', later).once('close', later);
      return command.promise;
    }
    const sent = super.sendCommand(command, stream);
    // With tracing on, ioredis answers with a promise derived from that one.
    if (sent instanceof Promise) sent.catch(() => undefined);
    return sent;
  }
}

/** Whatever a command failed with, as the error that the ports name. */
export function unavailable(what: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('FANOUT_UNAVAILABLE', `${what}: ${why}`, { cause });
}

/** `Redis at 127.0.0.1:6379`: what the URL says without the password. */
export function describe(url: string): string {
  return `Redis at ${URL.canParse(url) ? new URL(url).host : url.replace(/^.*@/, '')}`;
}
