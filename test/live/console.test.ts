import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestBrowser } from '../support/browser.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { PLACE } from '../support/shop-client.js';
import { JWT_SECRET } from '../support/tabs.js';
import { PHONE, WebPage } from '../support/web-page.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const ROLE = 'operator';
/** Text that would run if a page took it for markup. */
const MARKUP = '<img src=x onerror="window.hacked = true">';

/** The pages of the console, and what each shows once it has its data. */
const PAGES = [
  ['/', 'Started'],
  ['/map', 'shop.orders'],
  ['/life', 'What can be typed'],
  ['/life?id=order-1', 'OrderShipped'],
  ['/events?topic=shop.orders', 'OrderShipped'],
  ['/monitor', 'Ready'],
  ['/dead-letters', 'No dead letters.'],
] as const;

const tokenOf = (claims: object, lasts = '1h'): Promise<string> =>
  new SignJWT({ sub: 'olga', roles: [ROLE], ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(lasts)
    .sign(new TextEncoder().encode(JWT_SECRET));

describe('the console in Chromium', () => {
  let browser: TestBrowser;
  let gateway: GatewayProcess;
  let folder: Awaited<ReturnType<typeof folderOf>>;

  beforeAll(async () => {
    folder = await folderOf({});
    [browser, gateway] = await Promise.all([
      TestBrowser.start(),
      startProcess(['start'], {
        cwd: ROOT,
        env: { DATA_DIR: folder.path, JWT_SECRET, CONSOLE_ROLE: ROLE },
      }),
    ]);
    const input = { orderId: 'order-1', lines: [{ sku: 'sourdough', quantity: 1 }] };
    const answer = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf({})}` },
      body: JSON.stringify({ query: PLACE, variables: { input } }),
    });
    expect(await answer.json()).toMatchObject({ data: { placeOrder: { __typename: 'Order' } } });
    // Chromium may have to be installed.
  }, 300_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const open = (path: string) => WebPage.open(browser.driver, gateway.url, `/console${path}`);
  const signIn = async ({ page }: WebPage, token: string): Promise<void> => {
    await page.getByLabel('Authorization').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  async function openSignedIn(path: string, claims: object = {}, lasts?: string): Promise<WebPage> {
    const opened = await open(path);
    await signIn(opened, await tokenOf(claims, lasts));
    return opened;
  }

  it('S1 says in a sentence why it shows nothing, and shows data once somebody with the role has signed in', async () => {
    await using opened = await openSignedIn('/', { roles: ['other'] });
    const { page } = opened;
    await page.getByText('These have not.').waitFor();
    expect(await page.getByText('Started').count()).toBe(0);
    await signIn(opened, await tokenOf({ sub: MARKUP }));
    await page.getByText('Started').waitFor();
    // Markup in data is shown as text.
    await page.getByText(MARKUP).waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('The console needs credentials').waitFor();
    expect(opened.faults).toEqual([]);
  });

  it('S2 asks again when credentials have expired, above a page that stays as it was', async () => {
    await using opened = await openSignedIn('/', {}, '3s');
    const { page } = opened;
    await page.getByText('Started').waitFor();
    await page.getByRole('dialog').waitFor();
    expect(await page.getByText('Started').count()).toBe(1);
    await signIn(opened, await tokenOf({}));
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('Started').waitFor();
    expect(opened.faults).toEqual([]);
  });

  it.each(PAGES)(
    '%s has no violation of WCAG A or AA, light and dark, on a laptop and a phone',
    async (path, text) => {
      await using opened = await openSignedIn(path);
      const { page } = opened;
      await page.getByText(text).first().waitFor();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      const found: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        // The page learns of it with its next frame.
        await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
        found.push(...(await opened.violations()).map((one) => `${colorScheme}: ${one}`));
      }
      await page.setViewportSize(PHONE);
      found.push(...(await opened.violations()).map((one) => `on a phone: ${one}`));
      expect(found).toEqual([]);
      expect(await opened.scrollsSideways()).toBe(false);
      expect(opened.faults).toEqual([]);
    },
  );

  it.each([
    ['/life?id=order-1&around=yesterday', 'around=“yesterday”', 'OrderShipped'],
    ['/events?topic=shop.orders&from=yesterday', 'from=“yesterday”', 'OrderShipped'],
    ['/map?node=topic:nowhere', '“topic:nowhere”', 'shop.orders'],
  ])('%s says which part of the address means nothing, beside what it shows', async (path, says, text) => {
    await using opened = await openSignedIn(path);
    await opened.page.getByRole('status').filter({ hasText: says }).waitFor();
    await opened.page.getByText(text).first().waitFor();
  });

  it('is used by keyboard alone: past the navigation, along it, and on a phone', async () => {
    await using opened = await openSignedIn('/nothing-here');
    const { page } = opened;
    const focused = page.locator(':focus');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'No such page' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'No such page' }).waitFor();
    // The heading has the focus on arrival. What is before it is reached backwards, the link that skips it all first.
    await expect.poll(() => focused.textContent()).toBe('No such page');
    await page.getByText('Skip to the page').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => focused.getAttribute('id')).toBe('main');
    await page.getByRole('link', { name: 'Overview', exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => focused.textContent()).toBe('Overview');
    await expect.poll(() => page.title()).toBe('Overview · Millrace console');
    await page.setViewportSize(PHONE);
    await page.getByRole('button', { name: 'Open the navigation' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Overview', exact: true }).waitFor();
    expect(opened.faults).toEqual([]);
  });

  it('says that the gateway does not answer any more, and keeps what it shows', async () => {
    await using opened = await openSignedIn('/');
    const { page } = opened;
    await page.getByText('Started').waitFor();
    // The pages of the tests before share its cache.
    const devTools = await page.context().newCDPSession(page);
    await devTools.send('Network.enable');
    await devTools.send('Network.setCacheDisabled', { cacheDisabled: true });
    await gateway.kill('SIGKILL');
    await page.getByText('Reconnecting…').waitFor();
    expect(await page.getByText('Started').count()).toBe(1);
    // A page that was not opened before has no scripts to run.
    await page.getByRole('link', { name: 'Monitor' }).first().click();
    await page.getByText('Its files cannot be loaded').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    // It stays, rather than become the browser's own page for a host that does not answer.
    await page.getByText('Reconnecting…').waitFor();
  });
});
