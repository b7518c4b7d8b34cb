import type { OpenLink, Transport } from '../link.js';
import { Hubs } from './hubs.js';
import type { LockManager } from './locks.js';
import type { ToHub, ToTab } from './messages.js';
import type { HubPort } from './tab-link.js';

/** The part of a `BroadcastChannel` that is used. */
interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  close(): void;
}

interface Listenable {
  addEventListener?(type: 'pagehide' | 'freeze', listener: () => void): void;
}

declare const BroadcastChannel: new (name: string) => Channel;

/** The name of the lock that the leader holds, and of the channel on which only the leader listens. */
const LEADER = 'millrace-client 0.1.0 leader';

/** The first message of a leader on a tab's channel: earlier messages of the tab are lost. */
const READY = 'ready';
const KNOCK_MS = 250;

export interface LeaderParts {
  readonly locks: LockManager;
  readonly open: (url: string, over: Transport) => OpenLink;
  /** Takes the lead from a leader that does not answer: a page that hangs keeps its locks. */
  readonly steal: boolean;
}

/**
 * The port to the hubs of one tab, the leader, where there are no SharedWorkers. A tab leads if no other tab does.
 *
 * Each tab has its own channel, which only the tab and the leader know: on a shared channel, the messages of all tabs would
 * pile up in a frozen tab. A leader that froze and was replaced sends on channels without listeners.
 */
export function leaderPort({ locks, open, steal }: LeaderParts): HubPort | undefined {
  if (!('BroadcastChannel' in globalThis)) return undefined;
  const early: ToHub[] = [];
  let listener: ((message: ToTab) => void) | undefined;
  let port: HubPort | undefined;
  let isClosed = false;
  const take = (found: HubPort): void => {
    if (isClosed) {
      found.close();
      return;
    }
    port = found;
    found.listen((message) => listener?.(message));
    for (const message of early.splice(0)) found.post(message);
  };
  let leader: Leader | undefined;
  locks
    .request(LEADER, steal ? { steal } : { ifAvailable: true }, (lock) => {
      if (lock === null) {
        take(followerPort());
        return undefined;
      }
      if (isClosed) return undefined;
      leader = new Leader(locks, open);
      take(leader.port());
      return leader.ended;
    })
    // Stolen: another tab leads.
    .catch(() => leader?.close());
  return {
    post: (message) => {
      if (port === undefined) early.push(message);
      else port.post(message);
    },
    listen: (onMessage) => {
      listener = onMessage;
    },
    close: () => {
      isClosed = true;
      port?.close();
    },
  };
}

function followerPort(): HubPort {
  const name = `millrace-channel-${crypto.randomUUID()}`;
  const channel = new BroadcastChannel(name);
  const lobby = new BroadcastChannel(LEADER);
  const early: ToHub[] = [];
  let isReady = false;
  // Repeats: a leader that has just started receives only messages from then on.
  const knock = (): void => lobby.postMessage(name);
  const knocking = setInterval(knock, KNOCK_MS);
  const stopKnocking = (): void => {
    clearInterval(knocking);
    lobby.close();
  };
  knock();
  return {
    post: (message) => {
      if (isReady) channel.postMessage(message);
      else early.push(message);
    },
    listen: (onMessage) => {
      channel.onmessage = ({ data }) => {
        // The cast holds: the sender is a leader of this release, because the name of the channel has it.
        if (data !== READY) onMessage(data as ToTab);
        else if (!isReady) {
          isReady = true;
          stopKnocking();
          for (const message of early.splice(0)) channel.postMessage(message);
        }
      };
    },
    close: () => {
      stopKnocking();
      channel.close();
    },
  };
}

/** Runs the hubs in this tab, for all tabs, until no tab needs them, the page goes away, or another tab takes over. */
class Leader {
  readonly ended: Promise<void>;
  readonly #hubs: Hubs;
  readonly #names = new Set<string>();
  readonly #lobby = new BroadcastChannel(LEADER);
  #end: () => void = () => undefined;

  constructor(locks: LockManager, open: LeaderParts['open']) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#hubs = new Hubs(open, locks, () => this.close());
    this.#lobby.onmessage = ({ data }) => this.#serve(String(data));
    const page = globalThis as Listenable & { readonly document?: Listenable };
    // A page in the back/forward cache serves no tab. A frozen page still answers on its channels (Chromium 156), but its sockets
    // are silent, and no tab would notice.
    page.addEventListener?.('pagehide', () => this.close());
    page.document?.addEventListener?.('freeze', () => this.close());
  }

  /** The port of the leader's own tab. Messages arrive asynchronously, as on any other port. */
  port(): HubPort {
    let toHub: ((message: ToHub) => void) | undefined;
    let toTab: ((message: ToTab) => void) | undefined;
    this.#hubs.serve({
      post: (message) => queueMicrotask(() => toTab?.(message)),
      listen: (onMessage) => {
        toHub = onMessage;
      },
      close: () => undefined,
    });
    return {
      post: (message) => queueMicrotask(() => toHub?.(message)),
      listen: (onMessage) => {
        toTab = onMessage;
      },
      close: () => undefined,
    };
  }

  close(): void {
    this.#lobby.close();
    this.#hubs.close();
    this.#end();
  }

  #serve(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const channel = new BroadcastChannel(name);
    this.#hubs.serve({
      post: (message) => channel.postMessage(message),
      listen: (onMessage) => {
        // The cast holds: the sender is a tab of this release, because the name of the lobby has it.
        channel.onmessage = ({ data }) => onMessage(data as ToHub);
      },
      close: () => {
        channel.close();
        // The name stays for a while, because a knock may still arrive.
        setTimeout(() => this.#names.delete(name), 10 * KNOCK_MS);
      },
    });
    channel.postMessage(READY);
  }
}
