import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Places } from '../delivery/limits.js';
import { Connection, type ConnectionParts } from './connection.js';

export interface WebSocketTransportOptions extends ConnectionParts {
  readonly places: Places;
  /** Milliseconds between two questions whether the client is there. */
  readonly keepAlive: number;
  /** Milliseconds that clients have to answer the close at the end, before they are cut off. */
  readonly closeTimeout: number;
}

/** GraphQL over WebSocket (graphql-transport-ws), over the upgrades of an HTTP server. */
export class WebSocketTransport implements AsyncDisposable {
  readonly #options: WebSocketTransportOptions;
  readonly #connections = new Set<Connection>();
  readonly #server: WebSocketServer;
  readonly #keepAlive: NodeJS.Timeout;
  /** One for all: a closure of each upgrade's own would keep its request as long as its connection. */
  readonly #giveBack = (): void => this.#options.places.giveBack();
  #closing = false;
  #allGone: (() => void) | undefined;

  constructor(options: WebSocketTransportOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      autoPong: false,
      // Each message by itself: what is shared could not be made once for sockets with contexts of their own.
      perMessageDeflate:
        options.compression === undefined
          ? false
          : { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1_024 },
      maxPayload: options.limits.bodyBytes,
      handleProtocols: (offered) =>
        offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false,
    });
    this.#keepAlive = setInterval(() => {
      for (const connection of this.#connections) connection.keepAlive();
    }, options.keepAlive);
    this.#keepAlive.unref();
  }

  /** How many connections are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes over the socket of an upgrade request. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (this.#closing || !this.#options.places.take()) {
      refuseUpgrade(stream, '503 Service Unavailable');
      return;
    }
    stream.once('close', this.#giveBack);
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#open(socket, stream, request));
  }

  #open(socket: WebSocket, stream: Duplex, request: IncomingMessage): void {
    const connection = new Connection(socket, stream, request, this.#options);
    this.#connections.add(connection);
    socket.once('close', () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#allGone?.();
    });
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) connection.close('SUBPROTOCOL');
    else if (this.#closing) connection.close('RESTART');
  }

  /** Tells every client that the node goes, and waits for them to close. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    clearInterval(this.#keepAlive);
    this.#server.close();
    if (this.#connections.size === 0) return;
    const gone = new Promise<void>((resolve) => {
      this.#allGone = resolve;
    });
    for (const connection of this.#connections) connection.close('RESTART');
    const cutOff = setTimeout(() => {
      for (const connection of this.#connections) connection.cutOff();
    }, this.#options.closeTimeout);
    await gone;
    clearTimeout(cutOff);
  }
}

/** Answers an upgrade that is not taken over. */
export function refuseUpgrade(stream: Duplex, status: string): void {
  stream.on('error', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
