import { onTestFinished, vi } from 'vitest';
import type { LockManager } from '../../src/tabs/locks.js';

interface Lock {
  readonly name: string;
  readonly page: FakePage;
  readonly isShared: boolean;
  /** Ends its request with an error. */
  readonly steal: () => void;
}

interface Request {
  readonly lock: Lock;
  readonly grant: () => void;
}

type PageEvent = 'pagehide' | 'pageshow' | 'freeze';
type Heard = (event: { readonly persisted: boolean }) => void;

/**
 * Pages of one origin in one process: Web Locks, channels, and an event loop for each page, which can hang. Each task runs with
 * the globals of its page.
 */
export class FakeBrowser {
  /** As Chromium does in sandboxed frames. */
  refusesLocks = false;
  readonly #held = new Set<Lock>();
  readonly #waiting: Request[] = [];
  readonly #channels = new Set<FakeChannel>();
  readonly #pages: FakePage[] = [];
  #current: FakePage | undefined;

  constructor() {
    const current = (): FakePage => {
      if (this.#current === undefined) throw new Error('No page runs.');
      return this.#current;
    };
    const channels = this.#channels;
    vi.useFakeTimers();
    vi.stubGlobal(
      'BroadcastChannel',
      class extends FakeChannel {
        constructor(name: string) {
          super(name, current(), channels);
        }
      },
    );
    vi.stubGlobal('navigator', {
      get locks() {
        return current().locks;
      },
    });
    const addEventListener = (type: PageEvent, heard: Heard, { signal }: AddOptions = {}): void =>
      current().on(type, heard, signal);
    vi.stubGlobal('addEventListener', addEventListener);
    vi.stubGlobal('document', { addEventListener });
    vi.stubGlobal('removeEventListener', (_type: PageEvent, heard: Heard) => {
      for (const page of this.#pages) page.off(heard);
    });
    onTestFinished(() => {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    });
  }

  /** Where there are SharedWorkers. */
  withWorkers(): void {
    vi.stubGlobal('SharedWorker', class {});
  }

  open(): FakePage {
    const page = new FakePage(`page-${this.#pages.length}`, this);
    this.#pages.push(page);
    return page;
  }

  /** What would keep a page out of the back/forward cache, or evict it. */
  usesOf(page: FakePage): readonly string[] {
    const held = this.held().filter(({ clientId }) => clientId === page.id);
    const channels = [...this.#channels].filter((channel) => channel.page === page);
    return [...held, ...channels].map(({ name }) => name);
  }

  /** Runs a task with the globals of its page. */
  run<T>(page: FakePage, task: () => T): T {
    const before = this.#current;
    this.#current = page;
    try {
      return task();
    } finally {
      this.#current = before;
    }
  }

  held(): readonly { readonly name: string; readonly clientId: string }[] {
    return [...this.#held].map(({ name, page }) => ({ name, clientId: page.id }));
  }

  request(
    page: FakePage,
    name: string,
    { signal, steal = false, ifAvailable = false, mode }: Parameters<LockManager['request']>[1],
    callback: (lock: unknown) => unknown,
  ): Promise<unknown> {
    if (this.refusesLocks)
      return Promise.reject(
        new DOMException('Access to the Locks API is denied in this context.', 'SecurityError'),
      );
    return new Promise((resolve, reject) => {
      const lock: Lock = {
        name,
        page,
        isShared: mode === 'shared',
        steal: () => page.post(() => reject(new DOMException('stolen', 'AbortError'))),
      };
      const request: Request = {
        lock,
        grant: () => {
          this.#held.add(lock);
          page.post(() => {
            Promise.resolve(callback(lock))
              .finally(() => this.#release(lock))
              .then(resolve, reject);
          });
        },
      };
      if (steal) {
        for (const held of this.#held) if (held.name === name && this.#held.delete(held)) held.steal();
        request.grant();
      } else if (this.#isFree(lock)) request.grant();
      else if (ifAvailable) page.post(() => Promise.resolve(callback(null)).then(resolve, reject));
      else {
        this.#waiting.push(request);
        signal?.addEventListener('abort', () => {
          const at = this.#waiting.indexOf(request);
          if (at < 0) return;
          this.#waiting.splice(at, 1);
          reject(new DOMException('aborted', 'AbortError'));
        });
      }
    });
  }

  /** A page is gone: its locks go on, and it takes no message any more. */
  remove(page: FakePage): void {
    for (const channel of this.#channels) if (channel.page === page) channel.close();
    for (const request of [...this.#waiting])
      if (request.lock.page === page) this.#waiting.splice(this.#waiting.indexOf(request), 1);
    for (const lock of [...this.#held]) if (lock.page === page) this.#release(lock);
  }

  #isFree({ name, isShared }: Lock): boolean {
    return ![...this.#held].some((held) => held.name === name && !(isShared && held.isShared));
  }

  #release(lock: Lock): void {
    this.#held.delete(lock);
    for (const request of [...this.#waiting]) {
      if (!this.#isFree(request.lock)) continue;
      this.#waiting.splice(this.#waiting.indexOf(request), 1);
      request.grant();
    }
  }
}

interface AddOptions {
  readonly signal?: AbortSignal;
}

export class FakePage {
  readonly id: string;
  readonly locks: LockManager;
  readonly #browser: FakeBrowser;
  readonly #heard = new Set<{ readonly type: PageEvent; readonly heard: Heard }>();
  readonly #tasks: (() => void)[] = [];
  #isHung = false;

  constructor(id: string, browser: FakeBrowser) {
    this.id = id;
    this.#browser = browser;
    this.locks = {
      request: (name, options, callback) => browser.request(this, name, options, callback),
      query: () => Promise.resolve({ held: browser.held() }),
    };
  }

  run<T>(task: () => T): T {
    return this.#browser.run(this, task);
  }

  /** Queues a task. */
  post(task: () => void): void {
    this.#tasks.push(task);
    queueMicrotask(() => this.#next());
  }

  /** Its tasks wait, and it keeps its locks. */
  hang(): void {
    this.#isHung = true;
  }

  wake(): void {
    this.#isHung = false;
    for (const _ of this.#tasks) queueMicrotask(() => this.#next());
  }

  /** Without a word to anybody. */
  crash(): void {
    this.hang();
    this.#browser.remove(this);
  }

  on(type: PageEvent, heard: Heard, signal?: AbortSignal): void {
    const one = { type, heard };
    this.#heard.add(one);
    signal?.addEventListener('abort', () => this.#heard.delete(one));
  }

  off(heard: Heard): void {
    for (const one of this.#heard) if (one.heard === heard) this.#heard.delete(one);
  }

  dispatch(event: PageEvent): void {
    for (const { type, heard } of [...this.#heard])
      if (type === event) this.run(() => heard({ persisted: true }));
  }

  get listeners(): number {
    return this.#heard.size;
  }

  #next(): void {
    if (this.#isHung) return;
    const task = this.#tasks.shift();
    if (task !== undefined) this.run(task);
  }
}

class FakeChannel {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly name: string;
  readonly page: FakePage;
  readonly #all: Set<FakeChannel>;

  constructor(name: string, page: FakePage, all: Set<FakeChannel>) {
    this.name = name;
    this.page = page;
    this.#all = all.add(this);
  }

  postMessage(message: unknown): void {
    if (!this.#all.has(this)) throw new DOMException('The channel is closed.', 'InvalidStateError');
    const data: unknown = structuredClone(message);
    for (const other of this.#all)
      if (other !== this && other.name === this.name) other.page.post(() => other.onmessage?.({ data }));
  }

  close(): void {
    this.#all.delete(this);
  }
}
