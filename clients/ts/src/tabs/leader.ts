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
  addEventListener?(
    type: 'pagehide' | 'freeze',
    listener: () => void,
    options: { readonly signal: AbortSignal },
  ): void;
}

declare const BroadcastChannel: new (name: string) => Channel;

/** The leader holds the lock of this name, and only the leader listens on the channel of this name. */
const LEADER = 'millrace-client-0.1.0 leader';

/** The first message of a leader on a tab's channel: earlier messages of the tab are lost. */
const READY = 'ready';
const KNOCK_MS = 250;

type Open = (url: string, over: Transport) => OpenLink;

/** The ports of one client to the leader. */
export interface LeaderPorts {
  /** @param onUnavailable the browser refuses locks */
  open(onUnavailable: () => void): HubPort;
  /** The leader behind the last port does not answer: the next port takes the lead from it. */
  giveUp(): void;
}

/**
 * The ports to the hubs of one tab, the leader, where there are no SharedWorkers. A tab leads if no other does.
 *
 * Each tab has a channel of its own, which only it and the leader know: on a common one, the messages of all tabs would pile up
 * in a frozen one. A leader that was frozen and replaced speaks on channels that nobody hears any more.
 *
 * A page that hangs keeps its lock, so the lead is stolen from it. All tabs find out at about the same time, and the first one
 * leads: the others must not steal from that one, so a tab steals only from the very page that did not answer.
 *
 * @returns `undefined`: there are no channels here
 */
export function leaderPorts(locks: LockManager, open: Open): LeaderPorts | undefined {
  if (!('BroadcastChannel' in globalThis)) return undefined;
  let followed: string | undefined;
  let silent: string | undefined;
  const follow = (): HubPort => {
    followed = undefined;
    leaderOf(locks).then(
      (id) => {
        followed = id;
      },
      () => undefined,
    );
    return followerPort();
  };
  return {
    open: (onUnavailable) => {
      // Once: it may wake, and lead again.
      const hung = silent;
      silent = undefined;
      return leaderPort(locks, open, hung, follow, onUnavailable);
    },
    giveUp: () => {
      silent = followed;
    },
  };
}

/** The page that leads. */
async function leaderOf(locks: LockManager): Promise<string | undefined> {
  const { held = [] } = await locks.query();
  return held.find(({ name }) => name === LEADER)?.clientId;
}

function leaderPort(
  locks: LockManager,
  open: Open,
  hung: string | undefined,
  follow: () => HubPort,
  onUnavailable: () => void,
): HubPort {
  const early: ToHub[] = [];
  let listener: ((message: ToTab) => void) | undefined;
  let port: HubPort | undefined;
  let isClosed = false;
  const take = (found: HubPort): void => {
    port = found;
    found.listen((message) => listener?.(message));
    for (const message of early.splice(0)) found.post(message);
  };
  let leader: Leader | undefined;
  const apply = async (): Promise<void> => {
    const steal = hung !== undefined && (await leaderOf(locks)) === hung;
    if (isClosed) return;
    await locks.request(LEADER, steal ? { steal } : { ifAvailable: true }, (lock) => {
      if (isClosed) return undefined;
      if (lock === null) {
        take(follow());
        return undefined;
      }
      leader = new Leader(locks, open);
      take(leader.port());
      return leader.ended;
    });
  };
  apply().catch((error: { readonly name?: string }) => {
    // Stolen: another tab leads.
    if (error.name === 'AbortError') leader?.close();
    else if (!isClosed) onUnavailable();
  });
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
  readonly #channels = new Set<Channel>();
  readonly #lobby = new BroadcastChannel(LEADER);
  readonly #closed = new AbortController();
  #end: () => void = () => undefined;

  constructor(locks: LockManager, open: Open) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#hubs = new Hubs(open, locks, () => this.close());
    this.#lobby.onmessage = ({ data }) => this.#serve(String(data));
    const page = globalThis as Listenable & { readonly document?: Listenable };
    // In the back/forward cache it could not serve anybody. A frozen page still answers on its channels (Chromium 156), but its
    // sockets are silent: nobody would notice.
    page.addEventListener?.('pagehide', () => this.close(), this.#closed);
    page.document?.addEventListener?.('freeze', () => this.close(), this.#closed);
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
    this.#closed.abort();
    this.#lobby.close();
    this.#hubs.close();
    // What arrives on a channel would evict the page from the back/forward cache.
    for (const channel of this.#channels) channel.close();
    this.#end();
  }

  #serve(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const channel = new BroadcastChannel(name);
    this.#channels.add(channel);
    this.#hubs.serve({
      post: (message) => channel.postMessage(message),
      listen: (onMessage) => {
        // The cast holds: the sender is a tab of this release, because the name of the lobby has it.
        channel.onmessage = ({ data }) => onMessage(data as ToHub);
      },
      close: () => {
        channel.close();
        this.#channels.delete(channel);
        // Its name stays for a while: a knock may still be on the way.
        setTimeout(() => this.#names.delete(name), 10 * KNOCK_MS);
      },
    });
    channel.postMessage(READY);
  }
}
