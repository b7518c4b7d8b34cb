import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import { connectHost } from './bootstrap-address.js';

const KEEP_ALIVE_DELAY_MS = 60_000;

interface OpenSocket {
  /** `host:port` */
  readonly address: string;
  /** When data last arrived, or else when it was created. By `Date.now`, as kafkajs's `sentAt`. */
  heardAt: number;
}

/**
 * Every socket of one log. kafkajs waits for a silent broker until its request times out, and then sends the next
 * request over the same socket; here such a socket is destroyed. Closing the log leaves no socket behind.
 */
export class Sockets {
  readonly #open = new Map<Socket, OpenSocket>();
  readonly #tls: ((host: string) => ConnectionOptions) | undefined;
  #closed = false;

  /** @param tls the options of each TLS connection; without it, connections are in the clear */
  constructor(tls?: (host: string) => ConnectionOptions) {
    this.#tls = tls;
  }

  readonly factory: ISocketFactory = ({ host: name, port, onConnect }) => {
    const host = connectHost(name);
    // What the options throw, such as that a file cannot be read, is a failure of this connection.
    const socket: Socket =
      this.#tls === undefined
        ? connect({ host, port }, onConnect)
        : connectTls({ ...this.#tls(host), host, port }, onConnect);
    const opened: OpenSocket = { address: `${name}:${port}`, heardAt: Date.now() };
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    // A request must not wait for the acknowledgement of the one before it (bench: latency).
    socket.setNoDelay(true);
    // kafkajs adds one for each request that fails with the socket: many, and all of them gone with it.
    socket.setMaxListeners(0);
    this.#open.set(socket, opened);
    socket.on('data', () => {
      opened.heardAt = Date.now();
    });
    socket.once('close', () => this.#open.delete(socket));
    if (this.#closed) socket.destroy(new Error('The log is closed'));
    return socket;
  };

  /**
   * Destroys the sockets to `address` that have received nothing since `since`, when a request that timed out was
   * sent. A host that vanished closes no connection, and TCP would notice only after many minutes.
   */
  destroySilent(address: string, since: number): void {
    for (const [socket, opened] of this.#open) {
      if (opened.address !== address || opened.heardAt > since) continue;
      socket.destroy(new Error('Kafka does not answer; reconnecting'));
    }
  }

  destroy(): void {
    this.#closed = true;
    // With an error: kafkajs does not notice a socket that is closed without one, and waits for its answers.
    for (const socket of this.#open.keys()) socket.destroy(new Error('The log is closed'));
  }
}
