import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { topic } from '../../src/core/ids.js';
import type { NewRecord } from '../../src/core/record.js';
import { TestBrowser } from '../support/browser.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { PHONE, WebPage } from '../support/web-page.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const ORDERS = topic('shop.orders');
/** Text that would run if a page took it for markup. */
const MARKUP = '<img src=x onerror="window.hacked = true">';
/** The bounds that keep the page usable. */
const FIRST_ROWS_MS = 5_000;
const MAX_ELEMENTS = 3_000;
const MANY = 10_000;

/** Records that no gateway wrote: a long flow, wrong clocks, markup, and what is no event. */
function records(): NewRecord[] {
  const event = (id: string, correlation: string, more: object = {}, key = correlation): NewRecord => ({
    topic: ORDERS,
    key,
    headers: {
      ...{ ce_id: id, ce_source: '/services/order', ce_type: 'OrderPlaced', ce_specversion: '1.0' },
      ...{ ce_correlationid: correlation, ...more },
    },
    value: Buffer.from(JSON.stringify({ orderId: key, note: MARKUP })),
  });
  const many = Array.from({ length: MANY }, (_, i) =>
    event(`many-${i}`, 'many', i === 0 ? {} : { ce_causationid: `many-${Math.floor((i - 1) / 3)}` }),
  );
  return [
    ...many,
    event('cause', 'markup', { ce_type: MARKUP, ce_source: MARKUP }, MARKUP),
    { topic: ORDERS, key: 'broken', headers: {}, value: Buffer.from([0xff, 0xfe, 0]) },
  ];
}

async function fill(dir: string): Promise<void> {
  await using store = openEmbeddedStore({ dir });
  await using log = openEmbeddedLog(store);
  const signal = AbortSignal.timeout(60_000);
  const spec = { partitions: 3, replicas: 1, config: {} };
  await log.ensureTopics([{ topic: ORDERS, ...spec }], { create: true }, signal);
  const all = records();
  for (let i = 0; i < all.length; i += 1_000) await log.append(all.slice(i, i + 1_000), signal);
}

async function graphql(url: string, query: string, variables: object, headers: object = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { readonly data?: Readonly<Record<string, unknown>> | null };
}

const PLACE = `mutation ($input: PlaceOrder!) { placeOrder(input: $input) { __typename } }`;
const ORDER = '{ order(orderId: "order-1") { status } }';
const STEPS = encodeURIComponent('subscription { orderEvents(orderId: "order-1") { __typename } }');

describe('the life of an event in Chromium', () => {
  let browser: TestBrowser;
  let folder: Awaited<ReturnType<typeof folderOf>>;
  let gateway: GatewayProcess;
  const start = () => startProcess(['start'], { cwd: ROOT, env: { DATA_DIR: folder.path } });

  beforeAll(async () => {
    folder = await folderOf({});
    await fill(folder.path);
    [browser, gateway] = await Promise.all([TestBrowser.start(), start()]);
    // Chromium may have to be installed.
  }, 300_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const life = (id: string) =>
    WebPage.open(browser.driver, gateway.url, `/console/life?id=${encodeURIComponent(id)}`);

  it('C4 shows 10,000 events of one correlation id: the first rows soon, and only those in sight in the document', async () => {
    const began = performance.now();
    await using opened = await life('many');
    const { page } = opened;
    await page.getByRole('listitem').first().waitFor();
    expect(performance.now() - began).toBeLessThan(FIRST_ROWS_MS);
    await page.getByText('Correlation id many: 10,000 events').waitFor();
    const elements = async () => Number(await page.evaluate('document.querySelectorAll("*").length'));
    expect(await elements()).toBeLessThan(MAX_ELEMENTS);
    await page.getByText('As a tree').click();
    await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
    const rows = page.getByRole('listitem');
    await expect.poll(() => rows.last().getAttribute('aria-posinset')).toBe('10000');
    expect(await rows.last().getAttribute('aria-setsize')).toBe('10000');
    expect(await elements()).toBeLessThan(MAX_ELEMENTS);
    expect(opened.faults).toEqual([]);
  });

  it('shows a whole order whose gateway was killed in the middle of it, with what came before and after', async () => {
    const following = new AbortController();
    const steps = await fetch(`${gateway.url}/graphql?query=${STEPS}`, {
      headers: { accept: 'text/event-stream' },
      signal: following.signal,
    });
    const lines = [
      { sku: 'flour-rye', quantity: 2 },
      { sku: 'basket', quantity: 1 },
    ];
    const input = { orderId: 'order-1', lines };
    const headers = { 'idempotency-key': 'checkout-1' };
    const placing = graphql(gateway.url, PLACE, { input }, headers).catch(() => undefined);
    let text = '';
    for await (const chunk of steps.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('StockReserved')) break;
    }
    await gateway.kill('SIGKILL');
    const killedAt = Date.now();
    following.abort();
    await placing;
    gateway = await start();
    await expect
      .poll(() => graphql(gateway.url, ORDER, {}))
      .toMatchObject({ data: { order: { status: 'SHIPPED' } } });

    // By the key of the mutation whose answer never came.
    await using opened = await life('checkout-1');
    const { page } = opened;
    await page.getByText('Idempotency key checkout-1').waitFor();
    for (const type of ['OrderPlaced', 'StockReserved', 'PaymentCharged', 'OrderConfirmed', 'OrderShipped'])
      await page.getByRole('button', { name: type }).first().waitFor();
    await page.getByText('As a tree').click();
    const times = await page
      .getByRole('listitem')
      .locator('[title*="T"]')
      .evaluateAll((all) => all.map((one) => Date.parse(one.getAttribute('title') ?? '')));
    const known = times.filter((time) => !Number.isNaN(time));
    expect(Math.min(...known)).toBeLessThan(killedAt);
    expect(Math.max(...known)).toBeGreaterThan(killedAt);
    expect(opened.faults).toEqual([]);

    const shipped = page.getByRole('button', { name: 'OrderShipped' }).first();
    await shipped.click();
    await page.getByText('ce_causationid').waitFor();
    await page
      .getByText(/Relayed from the log into the fan-out by node/)
      .first()
      .waitFor();
    expect(await opened.violations()).toEqual([]);
    await page.setViewportSize(PHONE);
    await expect.poll(() => opened.scrollsSideways()).toBe(false);
  });

  it('shows markup in an event as text, and what is no event by its dead letter', async () => {
    await using opened = await life('markup');
    const { page } = opened;
    await page.getByRole('button', { name: MARKUP }).click();
    await page.getByText('ce_correlationid').waitFor();
    const [inKey, inData] = await page.getByText(`"${MARKUP.replaceAll('"', '\\"')}"`).all();
    expect(await inKey?.isVisible()).toBe(true);
    expect(await inData?.isVisible()).toBe(true);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    await page.getByRole('textbox', { name: 'Id' }).fill('broken');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByText('Records that are no events').waitFor();
    await page.getByText('Set aside').waitFor();
    expect(opened.faults).toEqual([]);
  });

  it('says what it has read when nothing is found, and reads further back when it is asked to', async () => {
    await using opened = await life('order-of-nobody');
    const { page } = opened;
    await page.getByText('Nothing found').waitFor();
    await page.getByText(/has “order-of-nobody” as its id/).waitFor();
    const before = await page.getByRole('status').first().textContent();
    await page.getByRole('button', { name: 'Read 1 day more' }).click();
    await expect.poll(() => page.getByRole('status').first().textContent()).not.toBe(before);
    await page.getByText('Nothing found').waitFor();
    expect(opened.faults).toEqual([]);
  });
});
