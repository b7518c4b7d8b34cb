import type { Redis } from 'ioredis';
import { LiveRedis } from './live-redis.js';

/** Works around two faults of its base class and of `RedisPubSub`. */
export class SubscriberConnection extends LiveRedis {
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
