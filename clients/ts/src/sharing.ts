import { ClientError } from './client-error.js';
import type { Link, OpenLink, Transport } from './link.js';
import type { ShareOptions, TabLinksParts } from './tabs/links.js';
import { Watchdog } from './watchdog.js';

type Links = Readonly<Partial<Record<Transport, OpenLink>>>;
const classes = { ErrorClass: ClientError, WatchdogClass: Watchdog };
type OpenLinks = TabLinksParts['open'];

/**
 * The same ways to the server, but through one connection for all tabs. Their code is loaded when it is first needed.
 * @param own the ways of this tab alone
 * @param open the same for any server: the tab may have to lead all tabs
 * @param socketUrl absolute
 */
export function shared(
  own: Links,
  open: OpenLinks,
  socketUrl: URL,
  options: boolean | ShareOptions = false,
): Links {
  if (options === false) return own;
  const share = options === true ? {} : options;
  const httpUrl = new URL(socketUrl);
  httpUrl.protocol = httpUrl.protocol.replace('ws', 'http');
  return {
    ...(own.websocket && {
      websocket: loaded({ share, url: socketUrl.href, over: 'websocket', open, classes }),
    }),
    ...(own.sse && { sse: loaded({ share, url: httpUrl.href, over: 'sse', open, classes }) }),
  };
}

function loaded(parts: TabLinksParts): OpenLink {
  let open: OpenLink | undefined;
  return (credentials, listener): Link => {
    let inner: Link | undefined;
    let isClosed = false;
    const load = async (): Promise<void> => {
      open ??= (await import('./tabs/links.js')).tabLinks(parts);
      if (!isClosed) inner = open(credentials, listener);
    };
    load().catch((cause: unknown) => {
      if (!isClosed)
        listener.lost({ kind: 'retry', why: `the code for tabs cannot be loaded: ${String(cause)}` });
    });
    return {
      get sharing() {
        return inner?.sharing;
      },
      // Before `opened` nothing starts.
      start: (operation, sink) => inner?.start(operation, sink) ?? (() => undefined),
      probe: () => inner?.probe(),
      renew: (renewed) => inner?.renew?.(renewed),
      close: () => {
        isClosed = true;
        inner?.close();
      },
    };
  };
}
