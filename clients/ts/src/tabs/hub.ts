import type { ClientError } from '../client-error.js';
import type { Credentials, Link, Loss, OpenLink, Operation } from '../link.js';
import type { ToTab } from './messages.js';
import { type Joined, Streams, type Tab } from './streams.js';

/**
 * One connection to the server, for all tabs that may see the same events. It does not reconnect: when the connection is
 * lost, the hub tells every tab and is over, and each tab restarts its operations after its own position. A hub decides; it
 * has no timers and no ports.
 */
export class Hub {
  readonly credentials: Credentials;
  readonly #link: Link;
  readonly #onEnd: () => void;
  readonly #tabs = new Map<Tab, Joined>();
  readonly #streams: Streams;
  /** Tabs that wait for the answer to a renewal, which is one for all of them: they have one user. */
  readonly #renewing = new Set<Tab>();
  /** What was said when it opened. `undefined`: it is not open. */
  #opened: ToTab | undefined;
  #isExpiring = false;
  #isOver = false;
  #isRefused = false;

  /** @param onEnd its connection is lost, or it has no tabs any more */
  constructor(open: OpenLink, credentials: Credentials, onEnd: () => void) {
    this.credentials = credentials;
    this.#onEnd = onEnd;
    this.#link = open(credentials, {
      opened: (_heartbeatMs, renews = false) => {
        this.#opened = { type: 'opened', renews };
        this.#tell(this.#tabs.keys(), this.#opened);
      },
      renewal: (input) => {
        if (input.type === 'expiring') {
          this.#isExpiring = true;
          this.#tell(this.#tabs.keys(), { type: 'expiring' });
        } else if (input.type === 'renewed') this.#onRenewed(input.error);
      },
      heard: () => undefined,
      lost: (loss) => this.#lose(loss),
    });
    this.#streams = new Streams(this.#link, () => {
      this.#isRefused = true;
    });
  }

  /** Whether the server refused its credentials for an operation: a tab that comes with others needs another hub. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  join(tab: Tab): void {
    this.#tabs.set(tab, { tab, readers: new Map(), unacknowledged: 0 });
    if (this.#opened !== undefined) tab.post(this.#opened);
    // The tabs that were told may be frozen.
    if (this.#isExpiring) tab.post({ type: 'expiring' });
  }

  leave(tab: Tab): void {
    const joined = this.#tabs.get(tab);
    this.#tabs.delete(tab);
    if (joined !== undefined) this.#streams.leave(joined);
    if (this.#tabs.size === 0) this.close();
  }

  /** Closes the connection. Its tabs are not told. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#link.close();
    this.#onEnd();
  }

  start(tab: Tab, id: number, operation: Operation): void {
    const joined = this.#tabs.get(tab);
    if (joined !== undefined && !this.#isOver) this.#streams.start(joined, id, operation);
  }

  stop(tab: Tab, id: number): void {
    const joined = this.#tabs.get(tab);
    if (joined !== undefined) this.#streams.stop(joined, id);
  }

  acknowledge(tab: Tab, cost: number): void {
    const joined = this.#tabs.get(tab);
    if (joined !== undefined) this.#streams.acknowledge(joined, cost);
  }

  probe(): void {
    this.#link.probe();
  }

  /** Sends new credentials of the same user. One renewal runs at a time: tabs that ask meanwhile get its answer. */
  renew(tab: Tab, credentials: Credentials): void {
    const isFirst = this.#renewing.size === 0;
    this.#renewing.add(tab);
    if (isFirst) this.#link.renew?.(credentials);
  }

  #lose(loss: Loss): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tell(this.#tabs.keys(), { type: 'gone', loss });
    this.#onEnd();
  }

  #onRenewed(error: ClientError | undefined): void {
    if (error === undefined) {
      this.#isExpiring = false;
      this.#isRefused = false;
    }
    const renewing = [...this.#renewing].filter((tab) => this.#tabs.has(tab));
    this.#renewing.clear();
    this.#tell(renewing, { type: 'renewed', errors: error?.errors });
  }

  #tell(tabs: Iterable<Tab>, message: ToTab): void {
    for (const tab of [...tabs]) tab.post(message);
  }
}
