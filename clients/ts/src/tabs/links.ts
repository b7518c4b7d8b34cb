import type { Link, OpenLink, Sharing, Transport } from '../link.js';
import { lockManager } from './locks.js';
import { shareKeyOf } from './share-key.js';
import type { SharedWorkerLike } from './shared-worker.js';
import { workerPort } from './shared-worker.js';
import { TabLink } from './tab-link.js';

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
  /** Absolute, for the transport. */
  readonly url: string;
  readonly over: Transport;
  /** Opens a link of this tab alone. */
  readonly own: OpenLink;
}

/** A hub that has not answered so often in a row is not waited for. */
const MAX_UNANSWERED = 2;

interface Page {
  addEventListener?(
    type: 'pagehide' | 'pageshow',
    listener: (event: { readonly persisted: boolean }) => void,
  ): void;
  removeEventListener?: Page['addEventListener'];
}

/** Opens links through the hub of all tabs, and links of this tab alone where there is none. */
export function tabLinks({ share, url, over, own }: TabLinksParts): OpenLink {
  let unanswered = 0;
  return (credentials, listener): Link => {
    const page = globalThis as Page;
    const locks = lockManager();
    let sharing: Sharing = 'alone';
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
      inner = own(credentials, listener);
    };
    const port =
      locks === undefined || unanswered >= MAX_UNANSWERED
        ? undefined
        : workerPort(share.worker, () => {
            // It cannot be loaded: a file is missing, or the page's policy forbids it.
            unanswered = MAX_UNANSWERED;
            alone();
          });
    if (locks === undefined || port === undefined) {
      alone();
    } else {
      sharing = 'worker';
      page.addEventListener?.('pagehide', onHide);
      page.addEventListener?.('pageshow', onShow);
      inner = new TabLink({
        port,
        locks,
        hello: { url, over, key: shareKeyOf(credentials, share.scope) },
        credentials,
        listener: {
          ...listener,
          opened: (heartbeatMs) => {
            unanswered = 0;
            listener.opened(heartbeatMs);
          },
          lost: (loss) => {
            end();
            listener.lost(loss);
          },
        },
        onNoHub: () => {
          unanswered += 1;
          if (unanswered >= MAX_UNANSWERED) return alone();
          end();
          listener.lost({ kind: 'retry', why: 'the worker of the tabs does not answer' });
        },
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
