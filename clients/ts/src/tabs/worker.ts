import { eventStreamLinks } from '../event-stream-link.js';
import type { OpenLink, Transport } from '../link.js';
import { Watchdog } from '../watchdog.js';
import { type SocketClass, webSocketLinks } from '../web-socket-link.js';
import { Hubs } from './hubs.js';
import { lockManager } from './locks.js';
import type { ToHub, ToTab } from './messages.js';
import { watched } from './watched.js';

/** The program of the SharedWorker: one connection to each server and user, for all tabs of an origin. */

interface Port {
  postMessage(message: ToTab): void;
  close(): void;
  onmessage: ((event: { readonly data: ToHub }) => void) | null;
}

interface WorkerScope {
  readonly WebSocket: SocketClass;
  onconnect: ((event: { readonly ports: readonly Port[] }) => void) | null;
}

// In a SharedWorker these exist.
const scope = globalThis as unknown as WorkerScope;

function links(url: string, over: Transport): OpenLink {
  return watched(
    over === 'sse' ? eventStreamLinks(url, fetch) : webSocketLinks(url, scope.WebSocket),
    Watchdog,
  );
}

const locks = lockManager();
if (locks !== undefined) {
  const hubs = new Hubs(links, locks);
  scope.onconnect = ({ ports }) => {
    for (const port of ports)
      hubs.serve({
        post: (message) => port.postMessage(message),
        listen: (onMessage) => {
          port.onmessage = ({ data }) => onMessage(data);
        },
        close: () => port.close(),
      });
  };
}
