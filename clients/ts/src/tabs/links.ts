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
   * Names the user. Credentials with the same scope belong to one user, even if they differ; of JWTs the client knows that
   * without a scope. With cookies it is required (S1): a page cannot read them, so all users of a browser look alike.
   */
  readonly scope?: string;
  /** Creates the worker, for a bundler that does not recognise the usual form. */
  readonly worker?: () => SharedWorkerLike;
}

/** What a client gives to connect through other tabs. */
export interface TabLinksParts {
  readonly share: ShareOptions;
  /** Absolute, of WebSockets. */
  readonly url: URL;
  readonly over: Transport;
  /** Opens links of this tab alone, or of a leader for all tabs. */
  readonly open: (url: string, over: Transport) => OpenLink;
  /** Passed in, not imported, so that bundlers leave the client in one file. */
  readonly classes: { readonly ErrorClass: typeof ClientError; readonly WatchdogClass: typeof Watchdog };
}

/** How long a worker may take to load and answer. */
const WORKER_WELCOME_MS = 5_000;
/** A leader answers at once unless it is frozen. */
const LEADER_WELCOME_MS = 2_000;
const LEADER_ALIVE_MS = 2_000;
/** After this many attempts in a row without an answer, the tab does without the hub. */
const MAX_UNANSWERED = 2;

interface Page {
  addEventListener?(
    type: 'pagehide' | 'pageshow',
    listener: (event: { readonly persisted: boolean }) => void,
  ): void;
  removeEventListener?: Page['addEventListener'];
}

/**
 * Opens links through the hub of all tabs: in a SharedWorker or, where there are none, in a leading tab. Where neither is
 * possible, this tab has its own links.
 */
export function tabLinks({ share, url: socketUrl, over, open, classes }: TabLinksParts): OpenLink {
  const to = new URL(socketUrl);
  if (over === 'sse') to.protocol = to.protocol.replace('ws', 'http');
  const url = to.href;
  /** How many attempts in a row got no answer from a hub. */
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
    /** There is no hub, or it does not answer. */
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
          // The worker cannot be loaded: a file is missing, or the page's policy forbids workers.
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
