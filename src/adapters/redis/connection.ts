import { type Callback, Redis, type RedisOptions, type Result } from 'ioredis';
import { backoffMs } from '../../core/async.js';
import { MillraceError } from '../../core/errors.js';
import { ANSWER_TIMEOUT_MS } from './answer-timeout.js';
import { CLAIM, RELAY, REPLACE, RESET, WINDOW } from './scripts.js';

type ScriptArgument = string | number | Buffer;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    millraceClaim(meta: string, callback?: Callback<unknown>): Result<unknown, Context>;
    millraceReset(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceRelay(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceWindowBuffer(...args: ScriptArgument[]): Result<unknown, Context>;
    millraceReplace(...args: ScriptArgument[]): Result<unknown, Context>;
  }
}

const COMMON_OPTIONS: RedisOptions = {
  // ioredis counts from 1. The first retries are soon over, so commands fail fast while Redis is away.
  retryStrategy: (attempt) => backoffMs(attempt - 1),
  connectTimeout: ANSWER_TIMEOUT_MS,
  keepAlive: 10_000,
  // A primary was demoted to a replica: what is written there is lost, so reconnect and resolve the name again.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/**
 * Opens a connection for commands. It connects and reconnects in the background. While Redis is away, a command
 * fails after two failed connection attempts or after `ANSWER_TIMEOUT_MS`.
 * @param options with `repeat`, a command whose answer was lost is sent again after the reconnect: only for
 *   connections whose commands are all safe to repeat
 */
export function commandConnection(
  url: string,
  options: { readonly repeat: boolean },
  onError: (error: Error) => void,
): Redis {
  const redis = new Redis(url, {
    ...COMMON_OPTIONS,
    commandTimeout: ANSWER_TIMEOUT_MS,
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
 * Opens a connection for subscriptions only. Its commands wait until Redis is back, however long that takes; the
 * caller sets its own limit (`withAnswerTimeout`). `autoResubscribe` is off: ioredis would resubscribe without
 * reporting when Redis acknowledges it, and with promises that nobody handles. `Subscriptions` does it instead.
 * @param name shown by CLIENT LIST
 */
export function subscriberConnection(url: string, name: string, onError: (error: Error) => void): Redis {
  const redis = new SubscriberConnection(url, {
    ...COMMON_OPTIONS,
    maxRetriesPerRequest: null,
    autoResubscribe: false,
    connectionName: name,
  });
  redis.on('error', onError);
  return redis;
}

/** Works around two faults of its base class and of `RedisPubSub`. */
class SubscriberConnection extends Redis {
  /**
   * 1. `RedisPubSub.unsubscribe` drops its promises, and an unhandled rejection would end the process: every
   *    command's promise gets a handler here.
   * 2. ioredis writes SUBSCRIBE and UNSUBSCRIBE while the connection is open but not ready. When that connection
   *    is lost before it becomes ready, ioredis forgets the command: its promise never settles, and nobody could
   *    follow the channel again. Such commands wait here until the connection is ready or closed.
   */
  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    command.promise.catch(() => undefined);
    if (this.status === 'connect' && /subscribe$/.test(command.name)) {
      const send = (): void => {
        this.off('ready', send).off('close', send);
        super.sendCommand(command, stream);
      };
      this.once('ready', send).once('close', send);
      return command.promise;
    }
    const sent = super.sendCommand(command, stream);
    // With tracing on, ioredis returns another promise that is derived from the command's.
    if (sent instanceof Promise) sent.catch(() => undefined);
    return sent;
  }
}

/**
 * Turns any failure of a command into the error that the ports name.
 * @param attempted what failed, as the start of a sentence: `Claiming shop.orders/3`
 */
export function unavailable(attempted: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('FANOUT_UNAVAILABLE', `${attempted} failed: ${reason}`, { cause });
}

/** Names the server without the password: `Redis at 127.0.0.1:6379`. */
export function describe(url: string): string {
  return `Redis at ${URL.canParse(url) ? new URL(url).host : url.replace(/^.*@/, '')}`;
}
