import type { ClientError } from '../client-error.js';
import type { Credentials, Link, OpenLink, Sharing, Transport } from '../link.js';
import type { Watchdog } from '../watchdog.js';
import { leaderPort } from './leader.js';
import { lockManager } from './locks.js';
import { shareKeyOf } from './share-key.js';
import { type SharedWorkerLike, workerPort } from './shared-worker.js';
import { type HubPort, TabLink } from './tab-link.js';
import { watched } from './watched.js';

export interface ShareOptions {
  /**
   * Names the user. It says that the tabs' credentials are of one user, though they differ: only JWTs show that by themselves.
   * With cookies it is needed (S1): no page can read them, so they are equal for all users of a browser.
   */
  readonly scope?: string;
  /** Makes the worker, for a bundler that does not know the usual form. */
  readonly worker?: () => SharedWorkerLike;
}

/** One client's ways to the server. */
export interface TabLinksParts {
  readonly share: ShareOptions;
  /** Absolute, of WebSockets. */
  readonly url: URL;
  readonly over: Transport;
  /** Opens links of this tab alone, or of a leader for all tabs. */
  readonly open: (url: string, over: Transport) => OpenLink;
  /** Given and not imported, so that bundlers leave the client in one file. */
  readonly classes: { readonly ErrorClass: typeof ClientError; readonly WatchdogClass: typeof Watchdog };
}

/** A worker has to be loaded; a hung one never answers. */
const WORKER_WELCOME_MS = 5_000;
/** A leader answers at once unless it is frozen. */
const LEADER_WELCOME_MS = 2_000;
const LEADER_ALIVE_MS = 2_000;
/** A hub that has not answered so often in a row is not waited for. */
const MAX_UNANSWERED = 2;

interface Page {
  addEventListener?(
    type: 'pagehide' | 'pageshow',
    listener: (event: { readonly persisted: boolean }) => void,
  ): void;
  removeEventListener?: Page['addEventListener'];
}

/**
 * Opens links through the hub of all tabs, in a SharedWorker or, where there are none, in a tab that leads. Where neither can
 * be, links are of this tab alone.
 */
export function tabLinks({ share, url: socketUrl, over, open, classes }: TabLinksParts): OpenLink {
  const to = new URL(socketUrl);
  if (over === 'sse') to.protocol = to.protocol.replace('ws', 'http');
  const url = to.href;
  /** How often in a row no hub has answered. */
  let unanswered = 0;
  const keyOf = (credentials: Credentials): string => shareKeyOf(credentials, share.scope);
  return (credentials, listener): Link => {
    const page = globalThis as Page;
    const locks = lockManager();
    const isWorker = 'SharedWorker' in globalThis;
    let sharing: Sharing = isWorker ? 'worker' : 'leader';
    let inner: Link | undefined;
    const end = (): void => {
      page.removeEventListener?.('pagehide', onHide);
      page.removeEventListener?.('pageshow', onShow);
      inner?.close();
      inner = undefined;
    };
    // A message to a page in the back/forward cache would evict it, and a lock would keep it out.
    const onHide = (): void => inner?.close();
    const onShow = ({ persisted }: { readonly persisted: boolean }): void => {
      if (!persisted) return;
      end();
      listener.lost({ kind: 'retry', why: 'the page was in the back/forward cache' });
    };
    const alone = (): void => {
      end();
      sharing = 'alone';
      inner = open(url, over)(credentials, listener);
    };
    /** There is none, or it does not answer. */
    const onNoHub = (): void => {
      unanswered += 1;
      if (isWorker && unanswered >= MAX_UNANSWERED) {
        alone();
        return;
      }
      end();
      listener.lost({ kind: 'retry', why: 'the hub of the tabs does not answer' });
    };
    const findHub = (): HubPort | undefined => {
      if (locks === undefined) return undefined;
      if (isWorker) {
        if (unanswered >= MAX_UNANSWERED) return undefined;
        return workerPort(share.worker, () => {
          // It cannot be loaded: a file is missing, or the page's policy forbids it.
          unanswered = MAX_UNANSWERED;
          alone();
        });
      }
      const steal = unanswered >= MAX_UNANSWERED;
      return leaderPort({ locks, steal, open: (at, by) => watched(open(at, by), classes.WatchdogClass) });
    };
    const port = findHub();
    if (locks === undefined || port === undefined) {
      alone();
    } else {
      page.addEventListener?.('pagehide', onHide);
      page.addEventListener?.('pageshow', onShow);
      inner = new TabLink({
        port,
        locks,
        hello: { url, over, key: keyOf(credentials) },
        keyOf,
        ErrorClass: classes.ErrorClass,
        credentials,
        welcomeMs: isWorker ? WORKER_WELCOME_MS : LEADER_WELCOME_MS,
        aliveMs: isWorker ? undefined : LEADER_ALIVE_MS,
        listener: {
          ...listener,
          opened: (heartbeatMs, renews) => {
            unanswered = 0;
            listener.opened(heartbeatMs, renews);
          },
          lost: (loss) => {
            end();
            listener.lost(loss);
          },
        },
        onNoHub,
      });
    }
    return {
      get sharing() {
        return sharing;
      },
      start: (operation, sink) => inner?.start(operation, sink) ?? (() => undefined),
      probe: () => inner?.probe(),
      renew: (renewed) => inner?.renew?.(renewed),
      close: end,
    };
  };
}
