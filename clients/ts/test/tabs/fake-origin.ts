import { expect, vi } from 'vitest';
import { ClientError } from '../../src/client-error.js';
import { Connection } from '../../src/connection.js';
import type {
  Credentials,
  Link,
  LinkListener,
  OpenLink,
  Operation,
  OperationSink,
  Sharing,
} from '../../src/link.js';
import { Hubs } from '../../src/tabs/hubs.js';
import { type ShareOptions, tabLinks } from '../../src/tabs/links.js';
import type { ToHub, ToTab } from '../../src/tabs/messages.js';
import type { SharedWorkerLike } from '../../src/tabs/shared-worker.js';
import { Watchdog } from '../../src/watchdog.js';
import { FakeBrowser, type FakePage } from './fake-browser.js';

/** A link to the server, as the server knows it. */
export interface ServerLink {
  readonly credentials: Credentials;
  readonly listener: LinkListener;
  readonly renewed: Credentials[];
  readonly readers: Map<OperationSink, number>;
  /** Why it refuses other credentials. */
  refusal: ClientError | undefined;
  probes: number;
  isClosed: boolean;
}

/** A server with one log, whose links are of pages that can hang. */
export class FakeServer {
  readonly links: ServerLink[] = [];
  readonly #bytes: number;
  #newest = 0;

  constructor(bytes = 10) {
    this.#bytes = bytes;
  }

  get open(): readonly ServerLink[] {
    return this.links.filter(({ isClosed }) => !isClosed);
  }

  /** Events, which a page that hangs gets when it wakes. */
  say(count: number): void {
    this.#newest += count;
    for (const link of this.open) this.#advance(link);
  }

  /** What tabs have to have received by now. */
  get log(): readonly number[] {
    return Array.from({ length: this.#newest }, (_, i) => i + 1);
  }

  linksOf(page: FakePage): OpenLink {
    return (credentials, listener): Link => {
      const own: LinkListener = {
        opened: (heartbeatMs, renews) =>
          page.post(() => link.isClosed || listener.opened(heartbeatMs, renews)),
        heard: () => page.post(() => link.isClosed || listener.heard()),
        renewal: (input) => page.post(() => link.isClosed || listener.renewal?.(input)),
        lost: (loss) => page.post(() => link.isClosed || listener.lost(loss)),
      };
      const link: ServerLink = {
        credentials,
        listener: own,
        renewed: [],
        readers: new Map(),
        refusal: undefined,
        probes: 0,
        isClosed: false,
      };
      this.links.push(link);
      own.opened(undefined, true);
      return {
        start: ({ extensions }: Operation, sink) => {
          const deliver: OperationSink = {
            ...sink,
            next: (result) => page.post(() => link.readers.has(deliver) && sink.next(result)),
            position: (cursor, behind) =>
              page.post(() => link.readers.has(deliver) && sink.position(cursor, behind)),
          };
          link.readers.set(deliver, Number(String(extensions?.['after']).slice(1)));
          this.#advance(link);
          return () => link.readers.delete(deliver);
        },
        probe: () => {
          link.probes += 1;
          own.heard();
        },
        renew: (renewed) => {
          link.renewed.push(renewed);
          own.renewal?.({ type: 'renewed', error: link.refusal });
        },
        close: () => {
          link.isClosed = true;
          link.readers.clear();
        },
      };
    };
  }

  #advance({ readers }: ServerLink): void {
    for (const [sink, from] of readers) {
      for (let n = from + 1; n <= this.#newest; n++)
        sink.next({ data: n, extensions: { cursor: `c${n}`, more: 'x'.repeat(this.#bytes) } });
      readers.set(sink, this.#newest);
      sink.position(`c${this.#newest}`, 0);
    }
  }
}

/** The SharedWorker of an origin. */
export class FakeWorker {
  /** The ways of tabs to it, in order, and what it has posted on each. */
  readonly ways: { readonly worker: SharedWorkerLike; readonly posted: ToTab[] }[] = [];
  readonly #start: () => { readonly page: FakePage; readonly hubs: Hubs };
  #now: { readonly page: FakePage; readonly hubs: Hubs };

  constructor(browser: FakeBrowser, server: FakeServer) {
    browser.withWorkers();
    this.#start = () => {
      const page = browser.open();
      return { page, hubs: page.run(() => new Hubs(() => server.linksOf(page), page.locks)) };
    };
    this.#now = this.#start();
  }

  get page(): FakePage {
    return this.#now.page;
  }

  /** It crashes. The next tab that asks for it starts it. */
  restart(): void {
    this.page.crash();
    this.#now = this.#start();
  }

  /** A tab's way to it. */
  connect(tab: FakePage): SharedWorkerLike {
    let toHub: ((message: ToHub) => void) | undefined;
    const posted: ToTab[] = [];
    const { page, hubs } = this.#now;
    const worker: SharedWorkerLike = {
      port: {
        postMessage: (message) => {
          const copy = structuredClone(message);
          page.post(() => toHub?.(copy));
        },
        onmessage: null,
        close: () => undefined,
      },
      onerror: null,
    };
    hubs.serve({
      post: (message) => {
        const data = structuredClone(message);
        posted.push(data);
        tab.post(() => worker.port.onmessage?.({ data }));
      },
      listen: (onMessage) => {
        toHub = onMessage;
      },
      close: () => undefined,
    });
    this.ways.push({ worker, posted });
    return worker;
  }
}

/** A tab that follows the log of its server, with the connection of the client. */
export class FakeTab {
  readonly page: FakePage;
  readonly received: number[] = [];
  readonly states: string[] = [];
  readonly problems: ClientError[] = [];
  /** How it shared, at each state. */
  readonly sharings: (Sharing | undefined)[] = [];
  credentials: Credentials;
  readonly connection: Connection;
  #link: Link | undefined;

  constructor(browser: FakeBrowser, server: FakeServer, credentials: Credentials, worker?: FakeWorker) {
    const page = browser.open();
    this.page = page;
    this.credentials = credentials;
    const share: ShareOptions = worker === undefined ? {} : { worker: () => worker.connect(page) };
    const open = page.run(() =>
      tabLinks({
        share,
        url: new URL('ws://server/graphql'),
        over: 'websocket',
        open: () => server.linksOf(page),
        classes: { ErrorClass: ClientError, WatchdogClass: Watchdog },
      }),
    );
    this.connection = new Connection({
      links: { websocket: (credentials, listener) => page.run(() => open(credentials, listener)) },
      transports: ['websocket'],
      credentials: async () => this.credentials,
      now: () => Date.now(),
      monotonic: () => performance.now(),
      random: () => 0.5,
      onLink: (link) => {
        this.#link = link;
        this.#start();
      },
      onState: ({ state }) => {
        this.states.push(state);
        this.sharings.push(this.sharing);
      },
      onNotRenewed: (error) => this.problems.push(error),
    });
    this.connection.input({ type: 'wanted' });
  }

  get sharing(): Sharing | undefined {
    return this.connection.sharing;
  }

  /** How often it was connected. */
  get connections(): number {
    return this.states.filter((state) => state === 'connected').length;
  }

  #start(): void {
    const link = this.#link;
    link?.start(
      { query: 'subscription { n }', extensions: { after: `c${this.received.length}` } },
      {
        next: ({ data }) => {
          expect(link).toBe(this.#link);
          this.received.push(Number(data));
        },
        position: (cursor) => expect(cursor).toBe(`c${this.received.length}`),
        error: () => undefined,
        complete: () => undefined,
        lost: () => this.#start(),
      },
    );
  }
}

/** A token of its own at each call. */
export const jwt = (sub: string): Credentials => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub, jti: crypto.randomUUID() };
  return { authorization: `Bearer ${part({ alg: 'HS256' })}.${part(claims)}.c2lnbmF0dXJl` };
};

/** Time passes. */
export const settle = (ms = 100): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** Tabs where there are no SharedWorkers. The first one leads. */
export async function openLed(count: number) {
  const browser = new FakeBrowser();
  const server = new FakeServer();
  const tabs: FakeTab[] = [];
  for (let i = 0; i < count; i++) {
    tabs.push(new FakeTab(browser, server, jwt('ada')));
    await settle();
  }
  const [leader, ...others] = tabs;
  if (leader === undefined) throw new Error('There are no tabs.');
  return { browser, server, tabs, leader, others };
}

/** Tabs that share through a worker. */
export async function openWorked(count: number, bytes?: number) {
  const browser = new FakeBrowser();
  const server = new FakeServer(bytes);
  const worker = new FakeWorker(browser, server);
  const open = (user = 'ada'): FakeTab => new FakeTab(browser, server, jwt(user), worker);
  const tabs = Array.from({ length: count }, () => open());
  await settle();
  return { browser, server, worker, tabs, open };
}

/** What each tab has received. */
export const received = (tabs: readonly FakeTab[]): readonly (readonly number[])[] =>
  tabs.map((tab) => tab.received);
