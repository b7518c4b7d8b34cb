import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE = 60_000;

/**
 * Every socket of one log, so that closing it leaves none behind: kafkajs waits for a broker that does not
 * answer until its request times out.
 */
export class Sockets {
  private readonly open = new Set<Socket>();
  private closed = false;

  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const socket: Socket = ssl
      ? connectTls({ host, port, servername: host, ...ssl }, onConnect)
      : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE);
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    if (this.closed) socket.destroy(new Error('The log is closed'));
    return socket;
  };

  destroy(): void {
    this.closed = true;
    for (const socket of this.open) socket.destroy();
  }
}
