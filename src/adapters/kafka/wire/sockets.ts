import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE = 60_000;

interface Open {
  readonly address: string;
  /** When something last came over it, or else when it was made. */
  heardAt: number;
}

/**
 * Every socket of one log, so that closing it leaves none behind: kafkajs waits for a broker that does not
 * answer until its request times out, and then asks again over the same connection.
 */
export class Sockets {
  private readonly open = new Map<Socket, Open>();
  private closed = false;

  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const socket: Socket = ssl
      ? connectTls({ host, port, servername: host, ...ssl }, onConnect)
      : connect({ host, port }, onConnect);
    const here: Open = { address: `${host}:${port}`, heardAt: Date.now() };
    socket.setKeepAlive(true, KEEP_ALIVE);
    // A request goes out at once, also while the one before is unanswered (bench: latency).
    socket.setNoDelay(true);
    this.open.set(socket, here);
    socket.on('data', () => {
      here.heardAt = Date.now();
    });
    socket.once('close', () => this.open.delete(socket));
    if (this.closed) socket.destroy(new Error('The log is closed'));
    return socket;
  };

  /**
   * A request that was sent to `address` at `since` has got no answer in time. Ends each connection there
   * that has been silent ever since: a host that vanished closes nothing, and the system would notice only
   * after many minutes.
   */
  endSilent(address: string, since: number): void {
    for (const [socket, here] of this.open) {
      if (here.address !== address || here.heardAt > since) continue;
      socket.destroy(new Error('Kafka does not answer; connecting again'));
    }
  }

  destroy(): void {
    this.closed = true;
    for (const socket of this.open.keys()) socket.destroy();
  }
}
