import { type IncomingMessage, type Server, type ServerOptions, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Takes over the socket of a WebSocket handshake. */
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Node has the option since 22.21 and 24.9; older versions ignore it. */
interface UpgradeOptions extends ServerOptions {
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

/** Pass them to `createServer`, so that Node itself ignores upgrades that are not WebSocket handshakes. */
export const UPGRADE_OPTIONS: UpgradeOptions = { shouldUpgradeCallback: isWebSocketHandshake };

/**
 * Hands WebSocket handshakes to `onUpgrade`. Any other upgrade is ignored, and the request is served as if it had
 * not asked (RFC 9110, section 7.8): curl and Java's HttpClient ask for HTTP/2 (`h2c`) on each first request.
 */
export function serveUpgrades(server: Server, onUpgrade: OnUpgrade): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (isWebSocketHandshake(request)) onUpgrade(request, socket, head);
    else serveWithoutUpgrade(server, request, socket, head);
  });
}

function isWebSocketHandshake({ method, httpVersion, headers }: IncomingMessage): boolean {
  return method === 'GET' && httpVersion !== '1.0' && headers.upgrade?.trim().toLowerCase() === 'websocket';
}

/**
 * For Node before 22.21, which emits `upgrade` for every request that asks, once there is a listener. The bytes of
 * the request go back to the front of its socket, without the wish to upgrade, and the server takes the socket
 * like a new connection.
 */
function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const pending = '_httpMessage' in socket ? socket._httpMessage : undefined;
  // A client that pipelines: the responses to its earlier requests have to be written first.
  if (pending instanceof ServerResponse) {
    pending.once('close', () => serveWithoutUpgrade(server, request, socket, head));
    return;
  }
  if (socket.destroyed) return;
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') socket.setTimeout(0);
  socket.unshift(Buffer.concat([headOf(request), head]));
  server.emit('connection', socket);
}

/** Request line and headers as they came, but for those of the upgrade. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    const kept = withoutUpgrade(name.toLowerCase(), value);
    if (kept !== undefined) lines.push(`${name}: ${kept}`);
  }
  // Node reads headers as Latin-1, one character for each byte.
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

const UPGRADE_HEADERS = new Set(['upgrade', 'http2-settings']);

function withoutUpgrade(name: string, value: string): string | undefined {
  if (UPGRADE_HEADERS.has(name)) return undefined;
  if (name !== 'connection') return value;
  const tokens = value.split(',').map((token) => token.trim());
  return tokens.filter((token) => !UPGRADE_HEADERS.has(token.toLowerCase())).join(', ') || undefined;
}
