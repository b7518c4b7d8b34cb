import { ClientError } from './client-error.js';
import type { OpenLink, Transport } from './link.js';
import type { ShareOptions, TabLinksParts } from './tabs/links.js';
import { Watchdog } from './watchdog.js';

type Links = Partial<Record<Transport, OpenLink>>;

export interface Shared {
  /** The links of this tab alone; once loaded, the links that share one connection between all tabs. */
  readonly links: Links;
  /** Loads the shared links, once. Called before each attempt, so that a page without `share` loads nothing. */
  readonly load: () => Promise<void>;
}

/**
 * @param own the links of this tab alone
 * @param open the same for any server: the tab may have to lead all tabs
 * @param url of WebSockets, absolute
 */
export function shared(
  own: Readonly<Links>,
  open: TabLinksParts['open'],
  url: URL,
  options: boolean | ShareOptions = false,
): Shared {
  const links = { ...own };
  let isLoaded = options === false;
  const load = async (): Promise<void> => {
    if (isLoaded) return;
    const { tabLinks } = await import('./tabs/links.js');
    if (isLoaded) return;
    isLoaded = true;
    const share = typeof options === 'object' ? options : {};
    const classes = { ErrorClass: ClientError, WatchdogClass: Watchdog };
    // The keys are those of `own`.
    for (const over of Object.keys(own) as Transport[])
      links[over] = tabLinks({ share, url, over, open, classes });
  };
  return { links, load };
}
