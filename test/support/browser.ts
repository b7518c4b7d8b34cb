import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { type Chromium, startChromium } from '../../scripts/services/chromium.mjs';
import type { Received } from './recorder.js';

const PAGES = join(import.meta.dirname, 'pages');
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

export interface Pages extends AsyncDisposable {
  readonly origin: string;
  /** How many scripts hang, because they have asked for `/hang` synchronously. */
  readonly hung: number;
  /** Ends their wait. */
  wake(): void;
}

/** Serves pages that Vite has built with the built client, under a strict policy of content. */
export async function servePages(): Promise<Pages> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-pages-'));
  await build({
    root: PAGES,
    configFile: false,
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } },
  });
  const hung = new Set<ServerResponse>();
  const wake = (): void => {
    for (const response of hung) response.end();
    hung.clear();
  };
  const server = createServer((request, response) => {
    if (request.url === '/hang') {
      hung.add(response);
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://host');
    const workers = searchParams.get('workers') === 'none' ? "'none'" : "'self'";
    const path = normalize(pathname === '/' ? '/index.html' : pathname);
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; script-src 'self'; worker-src ${workers}; img-src data:; ` +
        'connect-src ws://127.0.0.1:* http://127.0.0.1:*',
    );
    createReadStream(join(folder, path))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return {
    origin: `http://127.0.0.1:${port}`,
    get hung() {
      return hung.size;
    },
    wake,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Report {
  readonly tab: string;
  readonly what: 'event' | 'state' | 'connection' | 'restored';
  readonly value: Readonly<Record<string, unknown>>;
}

export type Functions = Readonly<Record<string, () => unknown>>;

/** What hangs the script that runs it, without load: a request that nobody answers. */
export const HANG = `setTimeout(() => {
  const request = new XMLHttpRequest();
  request.open('GET', '/hang', false);
  request.send();
})`;

/** One page, and what it has reported over all its lives: reloads, crashes, a killed browser. */
export class Tab {
  readonly name: string;
  readonly received: Received[] = [];
  readonly faults: string[] = [];
  /** States of its connection. */
  readonly connections: string[] = [];
  /** The state of its subscription. */
  state = '';
  /** How often it came back from the back/forward cache. */
  restored = 0;
  #page: Page | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get page(): Page {
    if (this.#page === undefined) throw new Error(`${this.name} is not open.`);
    return this.#page;
  }

  /** @param functions that its scripts can call */
  async open(browser: Browser, url: string, functions: Functions = {}): Promise<void> {
    const [context] = browser.contexts();
    if (context === undefined) throw new Error('The browser has no context.');
    const page = await context.newPage();
    this.#page = page;
    page.on('pageerror', (error) => this.faults.push(String(error)));
    await page.exposeFunction('report', (report: Report) => this.#take(report));
    for (const [name, callee] of Object.entries(functions)) await page.exposeFunction(name, callee);
    await page.goto(url);
  }

  /** Drives it below what pages know of. */
  cdp(): Promise<CDPSession> {
    return this.page.context().newCDPSession(this.page);
  }

  /** Freezes it, as a browser freezes pages in the background, or wakes it. */
  async lifecycle(state: 'frozen' | 'active'): Promise<void> {
    await (await this.cdp()).send('Page.setWebLifecycleState', { state });
  }

  /** Kills its renderer. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash');
    void (await this.cdp()).send('Page.crash').catch(() => undefined); // Nobody is left to answer.
    await crashed;
  }

  #take({ what, value }: Report): void {
    if (what === 'restored') this.restored += 1;
    else if (what === 'connection') this.connections.push(String(value['state']));
    else if (what === 'state') {
      this.state = String(value['state']);
      if (this.state === 'ended') this.faults.push(`ended: ${String(value['reason'])}`);
    } else {
      const { id, partition, offset, cursor, text } = value;
      this.received.push({
        id: String(id),
        partition: Number(partition),
        offset: Number(offset),
        cursor: String(cursor),
        text: typeof text === 'string' ? text : undefined,
      });
    }
  }
}

/** Without the defaults of Playwright, which keep every page visible and focused, so that none could be frozen. */
const drive = (endpoint: string): Promise<Browser> => chromium.connectOverCDP(endpoint, { noDefaults: true });

/** A Chromium of its own for a test file. */
export class TestBrowser implements AsyncDisposable {
  readonly process: Chromium;
  #browser: Browser;

  private constructor(process: Chromium, browser: Browser) {
    this.process = process;
    this.#browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    const process = await startChromium();
    try {
      return new TestBrowser(process, await drive(process.endpoint));
    } catch (error) {
      await process.stop();
      throw error;
    }
  }

  get driver(): Browser {
    return this.#browser;
  }

  /** Kills all its processes, and starts it with the same profile. */
  async restart(): Promise<void> {
    await this.process.kill();
    this.#browser = await drive(await this.process.start());
  }

  async closePages(): Promise<void> {
    for (const context of this.#browser.contexts())
      for (const page of context.pages()) if (page.url() !== 'about:blank') await page.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close().catch(() => undefined); // It may be stopped or gone already.
    await this.process.stop();
  }
}
