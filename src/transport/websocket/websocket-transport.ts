import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ConnectionSlots } from '../delivery/connection-slots.js';
import { Heartbeats } from '../delivery/heartbeats.js';
import { CLOSE_CODES } from './close-codes.js';
import { Connection } from './connection.js';
import type { ConnectionParts } from './connection-parts.js';
import type { Subprotocol } from './subprotocol.js';
import { TemplateCache } from './template-cache.js';

export interface WebSocketTransportParts extends Omit<ConnectionParts, 'templates' | 'subprotocol'> {
  /** Those that clients may choose, the preferred one first; at least one. */
  readonly subprotocols: readonly [Subprotocol, ...Subprotocol[]];
  readonly slots: ConnectionSlots;
  /** Bytes of one message. */
  readonly bodyBytes: number;
  /** Milliseconds that clients have to answer the close of a shutdown before they are terminated. */
  readonly closeTimeout: number;
}

/** For messages that `ws` sends itself. Ours are compressed by `Compression`. */
const COMPRESSION_THRESHOLD_BYTES = 1_024;

/** Connections that are being turned away at the same time, and how long each may take. */
const MAX_TURNED_AWAY = 256;
const TURN_AWAY_MS = 1_000;

const UNAVAILABLE = '503 Service Unavailable';

/** GraphQL over WebSocket, in several subprotocols, on the upgrades of an HTTP server. */
export class WebSocketTransport implements AsyncDisposable {
  readonly #parts: WebSocketTransportParts;
  readonly #preferred: ConnectionParts;
  readonly #connectionParts: ReadonlyMap<string, ConnectionParts>;
  readonly #connections = new Set<Connection>();
  readonly #server: WebSocketServer;
  readonly #heartbeats: Heartbeats<Connection>;
  /** One for all sockets: a closure for each upgrade would keep its request as long as its connection. */
  readonly #releaseSlot = (): void => this.#parts.slots.release();
  #turnedAway = 0;
  #closing = false;
  #onEmpty: (() => void) | undefined;

  constructor(parts: WebSocketTransportParts) {
    this.#parts = parts;
    const partsOf = (subprotocol: Subprotocol) => ({ ...parts, subprotocol, templates: new TemplateCache() });
    const [preferred, ...others] = parts.subprotocols;
    this.#preferred = partsOf(preferred);
    this.#connectionParts = new Map(
      [this.#preferred, ...others.map(partsOf)].map((one) => [one.subprotocol.name, one]),
    );
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      autoPong: false,
      // Without context takeover, because a context for each socket would make shared bytes different on each.
      perMessageDeflate:
        parts.compression === undefined
          ? false
          : {
              serverNoContextTakeover: true,
              clientNoContextTakeover: true,
              threshold: COMPRESSION_THRESHOLD_BYTES,
            },
      maxPayload: parts.bodyBytes,
      handleProtocols: (offered) => parts.subprotocols.find(({ name }) => offered.has(name))?.name ?? false,
    });
    this.#heartbeats = new Heartbeats(parts.keepAlive);
  }

  /** How many connections are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** S2: further credentials were revoked. */
  endRevoked(): void {
    for (const connection of this.#connections) connection.endIfRevoked();
  }

  /** Takes over the socket of an upgrade request. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // Empty is as if left out, which is told with 4406. `ws` would refuse the handshake.
    if (request.headers['sec-websocket-protocol'] === '') delete request.headers['sec-websocket-protocol'];
    if (this.#closing) refuseUpgrade(stream, UNAVAILABLE);
    else if (!this.#parts.slots.acquire()) this.#turnAway(request, stream, head);
    else {
      stream.once('close', this.#releaseSlot);
      this.#server.handleUpgrade(request, stream, head, (socket) => this.#open(socket, stream, request));
    }
  }

  /**
   * Refuses a connection for now, with a close code: the usual client takes a handshake that fails for the end, and
   * comes back after a 1013. Bounded, because each holds a socket until it is closed.
   */
  #turnAway(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (this.#turnedAway >= MAX_TURNED_AWAY) {
      refuseUpgrade(stream, UNAVAILABLE);
      return;
    }
    this.#turnedAway += 1;
    stream.once('close', () => {
      this.#turnedAway -= 1;
    });
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      const cutOff = setTimeout(() => socket.terminate(), TURN_AWAY_MS);
      socket.once('close', () => clearTimeout(cutOff));
      socket.on('error', () => socket.terminate());
      const { code, reason } = CLOSE_CODES.TRY_AGAIN;
      socket.close(code, reason);
    });
  }

  #open(socket: WebSocket, stream: Duplex, request: IncomingMessage): void {
    const agreed = this.#connectionParts.get(socket.protocol);
    const connection = new Connection(socket, stream, request, agreed ?? this.#preferred);
    this.#connections.add(connection);
    const group = this.#heartbeats.join(connection);
    socket.once('close', () => {
      this.#connections.delete(connection);
      this.#heartbeats.leave(connection, group);
      if (this.#connections.size === 0) this.#onEmpty?.();
    });
    if (agreed === undefined) connection.close('SUBPROTOCOL');
    // The shutdown may have begun during the handshake.
    else if (this.#closing) connection.close('RESTART');
  }

  /** Tells every client that the node stops, and waits until their connections are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.#heartbeats[Symbol.dispose]();
    this.#server.close();
    if (this.#connections.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of this.#connections) connection.close('RESTART');
    const terminateAll = setTimeout(() => {
      for (const connection of this.#connections) connection.terminate();
    }, this.#parts.closeTimeout);
    await empty;
    clearTimeout(terminateAll);
  }
}

/**
 * Answers an upgrade request that is not taken over, and closes its connection: Node has no time-outs for a socket that
 * it has handed over, so one whose client does not close its side would stay open for ever (S4).
 */
export function refuseUpgrade(stream: Duplex, status: string): void {
  stream.on('error', () => stream.destroy());
  stream.once('finish', () => stream.destroy());
  const retry = status === UNAVAILABLE ? 'Retry-After: 1\r\n' : '';
  stream.end(`HTTP/1.1 ${status}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
