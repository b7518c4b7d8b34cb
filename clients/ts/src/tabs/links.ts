import type { ClientError } from '../client-error.js';
import type { Credentials, Link, OpenLink, Sharing, Transport } from '../link.js';
import type { Watchdog } from '../watchdog.js';
import { leaderPorts } from './leader.js';
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

/** `welcome`: how long it may take to begin. `alive`: how often it has to give a sign of life. */
const WAITS_MS = {
  // It has to be loaded; a hung one never answers.
  worker: { welcome: 5_000, alive: 5_000 },
  // It answers at once unless it is frozen.
  leader: { welcome: 2_000, alive: 2_000 },
};
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
 * Opens links through the hub of all tabs: in a SharedWorker or, where there are none, in a leading tab. Where neither is
 * possible, this tab has its own links.
 */
export function tabLinks({ share, url: socketUrl, over, open, classes }: TabLinksParts): OpenLink {
  const to = new URL(socketUrl);
  if (over === 'sse') to.protocol = to.protocol.replace('ws', 'http');
  const url = to.href;
  const locks = lockManager();
  const leaders = locks && leaderPorts(locks, (at, by) => watched(open(at, by), classes.WatchdogClass));
  /** How often in a row no hub has answered. */
  let unanswered = 0;
  /** There can be no hub: a file is missing, or a policy of the page or the browser forbids workers or locks. */
  let isUnavailable = false;
  const keyOf = (credentials: Credentials): string => shareKeyOf(credentials, share.scope);
  return (credentials, listener): Link => {
    const page = globalThis as Page;
    const isWorker = 'SharedWorker' in globalThis;
    const by = isWorker ? 'worker' : 'leader';
    let sharing: Sharing = by;
    let inner: Link | undefined;
    let isOpen = false;
    const end = (): void => {
      page.removeEventListener?.('pagehide', onHide);
      page.removeEventListener?.('pageshow', onShow);
      inner?.close();
      inner = undefined;
    };
    const lose = (why: string): void => {
      end();
      listener.lost({ kind: 'retry', why });
    };
    // A message to a page in the back/forward cache would evict it, and a lock would keep it out.
    const onHide = (): void => inner?.close();
    const onShow = ({ persisted }: { readonly persisted: boolean }): void => {
      if (persisted) lose('the page was in the back/forward cache');
    };
    const alone = (): void => {
      end();
      sharing = 'alone';
      inner = open(url, over)(credentials, listener);
    };
    /** There is none, or it does not answer. */
    const onNoHub = (isHung: boolean): void => {
      unanswered += 1;
      // The first time, a hub that did not start may only have been busy.
      if (isHung || unanswered >= MAX_UNANSWERED) leaders?.giveUp();
      lose('the hub of the tabs does not answer');
    };
    const onUnavailable = (): void => {
      isUnavailable = true;
      if (isOpen) lose('the worker of the tabs has failed');
      else alone();
    };
    const findHub = (): HubPort | undefined => {
      if (isUnavailable) return undefined;
      if (!isWorker) return leaders?.open(onUnavailable);
      return unanswered < MAX_UNANSWERED ? workerPort(share.worker, onUnavailable) : undefined;
    };
    const port = locks && findHub();
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
        welcomeMs: WAITS_MS[by].welcome,
        aliveMs: WAITS_MS[by].alive,
        listener: {
          ...listener,
          opened: (heartbeatMs, renews) => {
            unanswered = 0;
            isOpen = true;
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
