import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { simulatedProvider } from '../../src/shop/simulated-payment-provider.js';
import { EVENTUALLY } from '../faults/support/ceiling.js';
import { TcpProxy } from '../faults/support/proxy.js';
import { metric } from '../faults/support/world.js';
import { TestBrowser } from '../support/browser.js';
import { type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { ask, eventsUntil } from '../support/shop-client.js';
import { type ShopFolder, shopFolder } from '../support/shop-folder.js';
import { PHONE, WebPage } from '../support/web-page.js';

/** What the order in the cart of these tests goes through until it is paid, and until it has left. */
const UNPAID = ['OrderPlaced', 'StockReserved', 'StockReserved'];
const SHIPPED = [...UNPAID, 'PaymentCharged', 'OrderConfirmed', 'OrderShipped'];
/** What the whole order causes, on all topics: the order of events on different topics is any. */
const TREE = [
  ...['CheckOutRequested', 'CartChanged', 'OrderPlaced', 'ReserveStock', 'ReserveStock', 'StockReserved'],
  ...['StockReserved', 'StockLevel', 'StockLevel', 'ChargePayment', 'PaymentCharged', 'OrderConfirmed'],
  ...['RequestShipment', 'OpenCart', 'CartChanged', 'OrderShipped', 'TakeStock', 'TakeStock'],
  ...['StockLevel', 'StockLevel', 'Notified', 'Notified'],
].sort();
/** The lost connection must be mentioned, and only then. */
const RECONNECTING = 'Reconnecting…';

describe('the storefront in Chromium', () => {
  let browser: TestBrowser;
  let folder: ShopFolder;
  let provider: Awaited<ReturnType<typeof simulatedProvider>>;
  /** Answers clients, relays and runs the services, and stays up. */
  let stays: GatewayProcess;
  /** What the browser is connected to, through the proxy. */
  let killed: GatewayProcess;
  let proxy: TcpProxy;
  /** While it does not answer, orders stay unpaid. */
  let isPaying = true;

  beforeAll(async () => {
    const name = uniqueName('storefront');
    const random = () => (isPaying ? 1 : 0);
    [browser, folder, provider] = await Promise.all([
      TestBrowser.start(),
      shopFolder(name),
      simulatedProvider({ slow: 0, fails: 0.5, random }),
    ]);
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: name,
      TOPIC_PARTITIONS: '2',
      PAYMENT_URL: provider.url,
    };
    stays = await startProcess(['start'], { cwd: folder.path, env });
    killed = await startProcess(['gateway'], { cwd: folder.path, env });
    proxy = await TcpProxy.open({ target: killed.url });
    // Chromium may have to be installed.
  }, 300_000);
  afterEach(() => {
    isPaying = true;
    return browser.closePages();
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
    for (const one of [killed, stays]) await one?.[Symbol.asyncDispose]();
    await provider?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const origin = (): string => `http://${proxy.address}`;
  const open = (path: string) => WebPage.open(browser.driver, origin(), path);
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
  /** The steps of the order that a page shows, from top to bottom. */
  const steps = (page: Page) =>
    page.locator('[data-step]').evaluateAll((items) => items.map((item) => item.getAttribute('data-step')));
  const showsSteps = (page: Page, expected: readonly string[]) =>
    expect.poll(() => steps(page), EVENTUALLY).toEqual(expected);

  async function signIn(page: Page, name: string): Promise<void> {
    await button(page, 'Sign in').click();
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  }

  /** Opens the shop as a new customer, with two products in the cart. */
  async function openCart(name: string): Promise<WebPage> {
    const opened = await open('/');
    const { page } = opened;
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    await signIn(page, name);
    await button(page, 'Add to cart: Rye flour, 1 kg').click();
    await button(page, 'Add to cart: Proving basket').click();
    await page.getByRole('link', { name: 'Cart, 2 items' }).click();
    return opened;
  }

  /** Places the order. @returns its id */
  async function placeOrder(page: Page): Promise<string> {
    await button(page, 'Place order').click();
    await page.waitForURL('**/orders/*');
    return page.url().split('/').at(-1) ?? '';
  }

  it('D3 D4 an order is seen step by step, none missing and none twice, when the gateway is killed in mid-order; two tabs hold one socket', async () => {
    isPaying = false;
    await using first = await openCart('ada');
    await using second = await open('/cart');
    // The cart is the same in both tabs. Chromium draws only the tab in front.
    await first.page.bringToFront();
    await button(first.page, 'One Rye flour, 1 kg more').click();
    const orderId = await placeOrder(first.page);
    await second.page.bringToFront();
    await second.page.getByLabel('Quantity of Rye flour, 1 kg').getByText('2', { exact: true }).waitFor();
    await second.page.getByRole('link', { name: 'Follow the order' }).click();
    for (const { page } of [first, second]) await showsSteps(page, UNPAID);
    await expect.poll(() => metric(killed.url, 'millrace_connections'), EVENTUALLY).toBe(1);
    expect(await first.page.getByText(RECONNECTING).count()).toBe(0);

    proxy.refuse();
    await killed.kill('SIGKILL');
    await first.page.bringToFront();
    await first.page.getByText(RECONNECTING).waitFor();
    isPaying = true;
    // Everything that is left happens while nobody is connected.
    const happened = await eventsUntil(stays.url, orderId, 'OrderShipped');
    for (const { page } of [first, second]) expect(await steps(page)).toEqual(UNPAID);
    proxy.target = new URL(stays.url).host;
    proxy.pass();
    for (const { page, faults } of [second, first]) {
      await page.bringToFront();
      await showsSteps(page, happened);
      await page.getByText(RECONNECTING).waitFor({ state: 'detached' });
      await page.getByText('On its way to you.').waitFor();
      expect(faults).toEqual([]);
    }
    expect(happened).toEqual(SHIPPED);

    // The merchant asks what happened inside.
    const { page } = first;
    await page.setViewportSize({ width: 1_280, height: 2_000 });
    await page.evaluate(() => localStorage.setItem('shop/name', 'staff'));
    await page.goto(`${origin()}/orders/${orderId}`);
    await page.getByRole('link', { name: 'What happened inside' }).click();
    await page.getByText('As a tree').click();
    const tree = () =>
      page
        .locator('[aria-expanded] > :nth-child(2) > :first-child')
        .evaluateAll((types) => types.map((type) => type.textContent).sort());
    await expect.poll(tree, EVENTUALLY).toEqual(TREE);
    expect(first.faults).toEqual([]);
  });

  it('D4 a reload in mid-order shows the whole order, and goes on with the next step', async () => {
    isPaying = false;
    await using opened = await openCart('grace');
    const { page } = opened;
    await placeOrder(page);
    await showsSteps(page, UNPAID);
    await page.reload();
    await showsSteps(page, UNPAID);
    isPaying = true;
    await showsSteps(page, SHIPPED);
    expect(opened.faults).toEqual([]);
  });

  it('D1 a checkout whose answer and whose requests are lost, and that is reloaded meanwhile, places one order', async () => {
    await using opened = await openCart('joan');
    const { page } = opened;
    let sent = 0;
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('mutation CheckOut') !== true) return route.continue();
      sent += 1;
      await route.abort();
    });
    const orderId = await placeOrder(page);
    await page.reload();
    const before = sent;
    // Nothing has reached the shop, and the page has not forgotten it.
    await expect.poll(() => sent, EVENTUALLY).toBeGreaterThan(before);
    expect(await steps(page)).toEqual([]);
    await page.unroute('**/graphql');
    // Now the shop takes it, and the browser never gets the answer.
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('mutation CheckOut') !== true) return route.continue();
      await route.fetch();
      await route.abort();
    });
    await showsSteps(page, SHIPPED);
    await page.unroute('**/graphql');
    await page.reload();
    await showsSteps(page, SHIPPED);
    const kept = () =>
      page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('mutation')));
    await expect.poll(kept, EVENTUALLY).toEqual([]);
    const { data } = await ask(stays.url, 'joan', '{ myOrders { orderId } cart { lines { sku } } }');
    expect(data).toEqual({ myOrders: [{ orderId }], cart: { lines: [] } });
  });

  it('the merchant hands out an order that waits, adds stock and changes a price, and the customer sees it', async () => {
    await using customer = await openCart('mary');
    await customer.page.getByText('Pick it up').click();
    const orderId = await placeOrder(customer.page);
    await customer.page.getByText('Ready: collect it in the shop.').waitFor();
    await using shelf = await open('/products/oats');
    const staff = (mutation: string) => ask(stays.url, 'staff', `mutation { ${mutation} { __typename } }`);
    expect(await staff('addStock(sku: "oats", quantity: 50)')).toMatchObject({
      data: { addStock: { __typename: 'StockLevel' } },
    });
    await shelf.page.getByText('450 in stock').waitFor();
    await staff('changePrice(sku: "oats", price: { amount: 199, currency: "EUR" })');
    await shelf.page.getByText('€1.99').waitFor();

    await shelf.page.evaluate(() => localStorage.setItem('shop/name', 'staff'));
    await shelf.page.goto(`${origin()}/merchant`);
    await button(shelf.page, `Hand out ${orderId}`).click();
    await shelf.page.getByRole('region', { name: 'Ended' }).getByText(orderId).waitFor();
    await shelf.page.getByLabel('How many Hand mill to add').fill('7');
    await button(shelf.page, 'Add to the stock of Hand mill').click();
    await shelf.page.getByText('10 available').waitFor();
    await shelf.page.getByRole('link', { name: orderId }).click();
    await shelf.page.getByText('Collected.').waitFor();
    expect(shelf.faults).toEqual([]);
  });

  it('a refusal is a sentence: payment declined, and an order that nobody has placed', async () => {
    await using opened = await openCart('broke');
    const { page } = opened;
    await placeOrder(page);
    await page.getByText('The order could not be completed. The card was declined.').waitFor();
    await page.goto(`${origin()}/orders/NO-SUCH-ORDER`);
    await page.getByText('No order of yours has this number.').waitFor();
    expect(opened.faults).toEqual([]);
  });

  it('its pages have no violation of WCAG A or AA, in the dark and on a phone in the light', async () => {
    await using opened = await openCart('ruth');
    const { page } = opened;
    await placeOrder(page);
    await showsSteps(page, SHIPPED);
    const found: string[] = [];
    const judge = async (path: string): Promise<void> => {
      await page.setViewportSize({ width: 1_280, height: 800 });
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      found.push(...(await opened.violations()).map((one) => `${path} in the dark: ${one}`));
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      found.push(...(await opened.violations()).map((one) => `${path} on a phone: ${one}`));
      if (await opened.scrollsSideways()) found.push(`${path} on a phone scrolls sideways`);
    };
    await judge('an order');
    for (const [path, text] of [
      ['/', 'Add to cart'],
      ['/cart', 'Place order'],
      ['/orders', 'Your orders'],
      ['/merchant', 'Stock and prices'],
    ] as const) {
      const who = path === '/merchant' ? 'staff' : 'ruth';
      await page.evaluate((name) => localStorage.setItem('shop/name', name), who);
      if (path === '/cart')
        await ask(stays.url, who, 'mutation { setCartLine(sku: "oats", quantity: 2) { __typename } }');
      await page.goto(`${origin()}${path}`);
      await page.getByText(text).first().waitFor();
      await judge(path);
    }
    expect(found).toEqual([]);
    expect(opened.faults).toEqual([]);
  });
});
