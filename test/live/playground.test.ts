import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestBrowser } from '../support/browser.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { PHONE, WebPage } from '../support/web-page.js';

const WAIT = { timeout: 30_000, interval: 50 };
/** Text that would run if the page took it for markup. */
const MARKUP = '<img src=x onerror="window.hacked = true">';
const ORDERS = 'subscription Orders { ordersPlaced { orderId note } }';

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

interface CopiedEntry {
  readonly run: number;
  readonly kind: string;
  readonly origin?: string;
  readonly message?: string;
  readonly result?: { readonly data: { readonly ordersPlaced: { readonly orderId: string } } };
}

const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, n) => String(n + from));
const ordersOf = (entries: readonly CopiedEntry[]) =>
  entries.flatMap(({ result }) => (result === undefined ? [] : [result.data.ordersPlaced.orderId]));

describe('the playground in Chromium', () => {
  let browser: TestBrowser;
  let folder: Awaited<ReturnType<typeof folderOf>>;
  let gateway: GatewayProcess;
  let PORT: string;

  const start = async (more = {}) => {
    gateway = await startProcess(['start'], { cwd: folder.path, env: { PORT, DATA_DIR: 'data', ...more } });
  };
  const place = async (orderIds: readonly string[], note?: string): Promise<void> => {
    const one = (orderId: string, n: number) =>
      `o${n}: placeOrder(orderId: "${orderId}", note: ${JSON.stringify(note ?? null)}) { offset }`;
    const answer = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `mutation { ${orderIds.map(one).join(' ')} }` }),
    });
    expect(await answer.json()).not.toHaveProperty('errors');
  };
  /** The page, once its editor can be used. */
  async function open(query = ORDERS): Promise<WebPage> {
    // What the page would have kept at a visit before.
    const setting = await WebPage.open(browser.driver, gateway.url, '/healthz');
    await setting.page.evaluate(`localStorage.clear();
      localStorage.setItem('millrace:gateway:graphiql:query', ${JSON.stringify(query)});`);
    await setting[Symbol.asyncDispose]();
    const opened = await WebPage.open(browser.driver, gateway.url, '/graphql');
    await opened.page.locator('.graphiql-query-editor .view-line').first().waitFor();
    return opened;
  }
  const execute = (page: Page) => page.getByRole('button', { name: 'Execute query' }).click();
  const results = (page: Page) => page.getByRole('region', { name: 'Results' });
  const summary = (page: Page) =>
    results(page)
      .getByText(/entries/)
      .first();
  /** What `Copy as JSON lines` gives. A browser without a window has no clipboard, so the test takes its place. */
  async function copied(page: Page): Promise<readonly CopiedEntry[]> {
    await page.evaluate('navigator.clipboard.writeText = async (text) => { window.copied = text; }');
    await page.getByRole('button', { name: 'Copy as JSON lines' }).click();
    const text = String(await page.evaluate('window.copied'));
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
  const seen = (page: Page, orders: number) =>
    expect.poll(async () => ordersOf(await copied(page)).length, { ...WAIT, interval: 300 }).toBe(orders);

  beforeAll(async () => {
    folder = await folderOf({
      'schema/a.graphql': `
        type Query { ok: Boolean }
        type Mutation {
          placeOrder(orderId: ID!, note: String): Published! @publish(topic: "orders", type: "OrderPlaced", key: "'all'")
        }
        type Subscription { ordersPlaced: OrderPlaced! @subscribe(topic: "orders") }
        type OrderPlaced { orderId: ID!, note: String }`,
    });
    PORT = await freePort();
    [browser] = await Promise.all([TestBrowser.start(), start()]);
    // Chromium may have to be installed.
  }, 300_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it('D3 D4 logs all results of a burst and over a killed gateway once, in order, and resumes from a chosen one with exactly those after it', async () => {
    await using opened = await open();
    const { page } = opened;
    await execute(page);
    await results(page).getByText('Connected over WebSocket.').waitFor();
    await place(upTo(100));
    await seen(page, 100);
    await gateway.kill('SIGKILL');
    await results(page)
      .getByText(/^Connection lost: /)
      .first()
      .waitFor();
    await start();
    await place(upTo(120, 100));
    await seen(page, 120);
    expect(ordersOf(await copied(page))).toEqual(upTo(120));

    await results(page).getByLabel('Filter').fill('"orderId":"90"');
    await expect.poll(() => summary(page).textContent(), WAIT).toMatch(/^1 of \d+ entries/);
    await results(page).getByRole('button', { name: 'Resume from here' }).click();
    await results(page).getByLabel('Filter').fill('');
    await results(page).getByLabel('Run', { exact: true }).selectOption('2');
    await seen(page, 29);
    await place(['120']);
    await seen(page, 30);
    const resumed = await copied(page);
    expect(ordersOf(resumed)).toEqual(upTo(121, 91));
    const origins = resumed.flatMap(({ origin }) => origin ?? []);
    expect(origins).toEqual([...Array(29).fill('replayed'), 'live']);
    expect(opened.faults).toEqual([]);
  });

  it('keeps a subscription running while another tab is shown, and shows data as text', async () => {
    await using opened = await open();
    const { page } = opened;
    await execute(page);
    await results(page).getByText('Connected over WebSocket.').waitFor();
    await page.getByRole('button', { name: 'New tab' }).click();
    await page.getByRole('button', { name: 'Execute query' }).waitFor();
    await place(['elsewhere'], MARKUP);
    const row = results(page).getByRole('listitem').filter({ hasText: 'elsewhere' });
    await row.getByRole('button', { expanded: false }).click();
    await row.getByText(MARKUP).first().waitFor();
    await page.getByRole('tab', { name: 'Orders' }).click();
    await page.getByRole('button', { name: 'Stop query' }).waitFor();
    await expect
      .poll(() => page.locator('.graphiql-response .view-lines').textContent(), WAIT)
      .toContain('elsewhere');
    await results(page).getByRole('button', { name: 'Stop run 1' }).click();
    await page.getByRole('button', { name: 'Execute query' }).waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(opened.faults).toEqual([]);
  });

  it('has no violation of WCAG A or AA but one of GraphiQL, light and dark, and fits a phone', async () => {
    await using opened = await open();
    const { page } = opened;
    await execute(page);
    await place(['accessible']);
    const row = results(page).getByRole('listitem').filter({ hasText: 'accessible' });
    await row.getByRole('button', { expanded: false }).click();
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      found.push(...(await opened.violations()).map((one) => `${colorScheme}: ${one}`));
    }
    await page.setViewportSize(PHONE);
    found.push(...(await opened.violations()).map((one) => `on a phone: ${one}`));
    expect(await opened.scrollsSideways()).toBe(false);
    // GraphiQL's own: the button that closes a tab is within the tab.
    expect(found.filter((one) => !one.includes('nested-interactive at .graphiql-tab'))).toEqual([]);
  });

  it('says why there is no schema, and follows a subscription over SSE where there are no WebSockets', async () => {
    await gateway.kill('SIGTERM');
    await start({ INTROSPECTION: 'false', TRANSPORTS: 'sse' });
    await using opened = await open();
    const { page } = opened;
    await page.getByText(/^The gateway does not show its schema: /).waitFor();
    await execute(page);
    await results(page).getByText('Connected over SSE.').waitFor();
    await place(['over SSE']);
    await results(page).getByText('over SSE').first().waitFor();
    expect(opened.faults).toEqual([]);
  });
});
