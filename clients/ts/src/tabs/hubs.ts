import type { OpenLink, Transport } from '../link.js';
import { Hub } from './hub.js';
import { hold, type LockManager, whenFree } from './locks.js';
import type { Hello, ToHub, ToTab } from './messages.js';
import type { Tab } from './streams.js';

/** The port to one tab. */
export interface TabPort {
  post(message: ToTab): void;
  /** Called once, before any message can arrive. */
  listen(onMessage: (message: ToHub) => void): void;
  /** The tab has left. */
  close(): void;
}

/** The hubs of one worker or leader: one for each server, transport and user. */
export class Hubs {
  readonly #open: (url: string, over: Transport) => OpenLink;
  readonly #locks: LockManager;
  readonly #onIdle: () => void;
  readonly #hubs = new Map<string, Set<Hub>>();
  readonly #lock = `millrace-hub-${crypto.randomUUID()}`;
  readonly #held: Promise<{ readonly release: () => void }>;
  readonly #closed = new AbortController();

  /** @param onIdle called when the last hub has ended */
  constructor(
    open: (url: string, over: Transport) => OpenLink,
    locks: LockManager,
    onIdle: () => void = () => undefined,
  ) {
    this.#onIdle = onIdle;
    this.#open = open;
    this.#locks = locks;
    this.#held = hold(locks, this.#lock);
  }

  /** Serves one tab until it says `bye`, or its lock is released. */
  serve(port: TabPort): void {
    let hub: Hub | undefined;
    let hasLeft = false;
    const tab: Tab = { post: (message) => port.post(message) };
    const leave = (): void => {
      hasLeft = true;
      hub?.leave(tab);
      hub = undefined;
      port.close();
    };
    port.listen((message) => {
      switch (message.type) {
        case 'hello':
          whenFree(this.#locks, message.lock, this.#closed.signal, leave);
          // After the hub holds its lock: the tab waits for that lock to learn that the hub has ended.
          void this.#held.then(() => {
            if (hasLeft || this.#closed.signal.aborted) return;
            tab.post({ type: 'welcome', lock: this.#lock });
            hub = this.#hubFor(message);
            hub.join(tab);
          });
          return;
        case 'start':
          hub?.start(tab, message.id, message.operation);
          return;
        case 'stop':
          hub?.stop(tab, message.id);
          return;
        case 'ack':
          hub?.acknowledge(tab, message.cost);
          return;
        case 'renew':
          hub?.renew(tab, message.credentials);
          return;
        case 'ping':
          tab.post({ type: 'alive' });
          return;
        case 'probe':
          tab.post({ type: 'alive' });
          hub?.probe();
          return;
        case 'bye':
          leave();
          return;
        default:
          message satisfies never;
      }
    });
  }

  /** Ends all hubs. Tabs notice by the lock. */
  close(): void {
    this.#closed.abort();
    void this.#held.then(({ release }) => release());
    for (const hubs of [...this.#hubs.values()]) for (const hub of [...hubs]) hub.close();
  }

  #hubFor({ url, over, key, credentials }: Hello): Hub {
    const name = JSON.stringify([url, over, key]);
    const hubs = this.#hubs.get(name) ?? new Set();
    this.#hubs.set(name, hubs);
    // A hub whose credentials were refused keeps its tabs until each of them has asked for others.
    const usable = [...hubs].find((hub) => !hub.isRefused);
    if (usable !== undefined) return usable;
    const hub = new Hub(this.#open(url, over), credentials, () => {
      hubs.delete(hub);
      if (hubs.size === 0) this.#hubs.delete(name);
      if (this.#hubs.size === 0) this.#onIdle();
    });
    hubs.add(hub);
    return hub;
  }
}
