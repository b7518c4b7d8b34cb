import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../scripts/services/private.mjs';
import { EVENTUALLY } from '../faults/support/ceiling.js';
import { expectAll, type Judged } from '../faults/support/check.js';
import { FaultWorld, metric } from '../faults/support/world.js';
import { type Functions, HANG, type Pages, servePages, Tab, TestBrowser } from '../support/browser.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { afterLives, JWT_SECRET, tokenOf } from '../support/tabs.js';

/** Larger than what a frozen tab may take, in events of this size. */
const LARGE_BYTES = 20_000;

describe('tabs that share a connection, in Chromium', () => {
  let browser: TestBrowser;
  let pages: Pages;
  let world: FaultWorld;
  /** Publishes and relays, and stays up. */
  let stays: GatewayProcess;
  let gateway: GatewayProcess;
  let port: string;
  const openGateway = () => world.gateway({ PORT: port, JWT_SECRET });

  beforeAll(async () => {
    port = String((await freePorts(1))[0]);
    [browser, pages] = await Promise.all([TestBrowser.start(), servePages()]);
    world = await FaultWorld.open({
      env: { ALLOWED_ORIGINS: pages.origin, POSITION_INTERVAL_MS: '500' },
      files: (topic) => ({
        'schema/own.graphql': `extend type Subscription {
          own: Said! @subscribe(topic: "${topic}") @auth(rule: "claims.sub == event.room")
        }`,
      }),
    });
    stays = await world.start('start');
    gateway = await openGateway();
    // Chromium may have to be installed.
  }, 300_000);
  afterEach(() => {
    pages.wake();
    return browser.closePages();
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await pages?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  let names = 0;
  const urlOf = (tab: Tab, options: Readonly<Record<string, string>>): string =>
    `${pages.origin}/?${new URLSearchParams({ tab: tab.name, url: `http://127.0.0.1:${port}/graphql`, ...options })}`;
  const isLive = (tab: Tab) => expect.poll(() => tab.state, EVENTUALLY).toBe('live');

  const subscriptions = (count: number) =>
    expect.poll(() => metric(gateway.url, 'millrace_subscriptions'), EVENTUALLY).toBe(count);

  async function openTab(
    options: Readonly<Record<string, string>> = {},
    functions: Functions = {},
  ): Promise<Judged<Tab>> {
    const after = new Map(world.appended.newest);
    const tab = new Tab(`tab-${++names}`);
    await tab.open(browser.driver, urlOf(tab, options), functions);
    await isLive(tab);
    return { recorder: tab, after };
  }
  async function openTabs(count: number): Promise<readonly [Judged<Tab>, ...Judged<Tab>[]]> {
    const first = await openTab();
    return [first, ...(await Promise.all(Array.from({ length: count - 1 }, () => openTab())))];
  }
  async function say(count: number, bytes = 0): Promise<void> {
    for (let i = 0; i < count; i++)
      await world.say(stays, bytes === 0 ? undefined : `${crypto.randomUUID()} ${'x'.repeat(bytes)}`);
  }

  async function leaderOf(tabs: readonly Judged<Tab>[]): Promise<Judged<Tab>> {
    for (const tab of tabs) if (await tab.recorder.page.evaluate('globalThis.leads')) return tab;
    throw new Error('No tab leads.');
  }

  it('D3 five tabs use one subscription of the gateway, and get every event', async () => {
    const tabs = await openTabs(5);
    await say(20);
    await expectAll(tabs, world.appended);
    await subscriptions(1);
    for (const { recorder } of tabs) expect(await recorder.page.evaluate('client.sharing')).toBe('worker');
  });

  it('S1 tabs of two users never share, and each gets its own events', async () => {
    const tabs = [];
    for (const sub of ['ada', 'bob', 'ada'])
      tabs.push({ sub, ...(await openTab({ field: 'own', token: await tokenOf(sub) })) });
    const said = [];
    for (const room of ['ada', 'bob', 'ada', 'bob']) {
      const text = `${room} ${crypto.randomUUID()}`;
      await world.say(stays, text, room);
      said.push({ room, text });
    }
    for (const { sub, recorder } of tabs) {
      const own = said.filter(({ room }) => room === sub).map(({ text }) => text);
      await expect.poll(() => recorder.received.map(({ text }) => text), EVENTUALLY).toEqual(own);
      expect(recorder.faults).toEqual([]);
    }
    // The two tabs of one user share, with a token each.
    await subscriptions(2);
  });

  it('S2 D3 tabs that share renew their tokens in mid-stream, and stay connected when the first ones expire', async () => {
    const tabs = [];
    for (let i = 0; i < 3; i++) {
      let issued = 0;
      const issue = () => tokenOf('ada', issued++ ? '1h' : '6s');
      tabs.push(await openTab({ token: 'issued' }, { issue }));
    }
    // Opened last, so it expires last.
    const expiring = await openTab({ token: await tokenOf('bob', '6s') });
    const stream = await world.load(stays, { clients: 2, gap: 30 });
    await expect.poll(() => expiring.recorder.connections, EVENTUALLY).toContain('needs-auth');
    await world.grows(20);
    await stream.stop();
    await expectAll(tabs, world.appended);
    for (const { recorder } of tabs) expect(recorder.connections).toEqual(['connecting', 'connected']);
  });

  it('D3 D4 lose and double nothing when the gateway is killed in mid-stream, and a tab is reloaded meanwhile', async () => {
    const tabs = await openTabs(3);
    const reloaded = await openTab({ store: 'local' });
    const stream = await world.load(stays, { clients: 2, gap: 30 });
    await world.grows(50);
    await gateway.kill('SIGKILL');
    await world.grows(20);
    await reloaded.recorder.page.reload();
    await world.grows(20);
    gateway = await openGateway();
    // They would come back by themselves too, after their back-off.
    for (const { recorder } of [...tabs, reloaded])
      await recorder.page.evaluate('void dispatchEvent(new Event("online"))');
    await world.grows(50);
    await reloaded.recorder.page.reload();
    await world.grows(50);
    await stream.stop();
    await expectAll([...tabs, afterLives(reloaded)], world.appended);
    for (const { recorder } of tabs)
      expect(recorder.connections.filter((one) => one === 'connected')).toHaveLength(2);
  });

  it('D4 go on when the tab that holds the worker crashes while another is frozen, and when others are closed', async () => {
    const [holder, frozen, ...others] = (await openTabs(5)) as [Judged<Tab>, Judged<Tab>, ...Judged<Tab>[]]; // Five.
    const stream = await world.load(stays, { clients: 2, gap: 30 });
    await world.grows(50);
    // It is the first that waits for news of the worker.
    await frozen.recorder.lifecycle('frozen');
    await holder.recorder.crash();
    const reached = (others[0]?.recorder.received.length ?? 0) + 20;
    await expect
      .poll(() => others.map(({ recorder }) => recorder.received.length >= reached), EVENTUALLY)
      .toEqual([true, true, true]);
    await frozen.recorder.lifecycle('active');
    const [closed, ...left] = others;
    await closed?.recorder.page.close();
    await world.grows(50);
    await stream.stop();
    await expectAll([frozen, ...left], world.appended);
    await subscriptions(1);
  });

  it('D4 a frozen tab delays no other tab, and gets what it missed when it wakes', async () => {
    const [frozen, ...others] = await openTabs(2);
    await frozen.recorder.lifecycle('frozen');
    const before = frozen.recorder.received.length;
    await say(80, LARGE_BYTES);
    await expectAll(others, world.appended);
    expect(frozen.recorder.received.length).toBe(before);
    await frozen.recorder.lifecycle('active');
    await expectAll([frozen, ...others], world.appended);
  });

  it.each([
    ['', {}],
    [', also the one that leads', { workers: 'absent' }],
  ])('D4 a tab resumes when it comes back from the back/forward cache%s', async (_, options) => {
    const [away, ...others] = [await openTab(options), await openTab(options)] as const;
    const { page } = away.recorder;
    await page.goto(`${pages.origin}/?tab=elsewhere&url=http://127.0.0.1:9/&share=no`);
    await say(10);
    // Nothing is loaded, so nothing would tell the driver that it is.
    await page.goBack({ waitUntil: 'commit' });
    await expect.poll(() => away.recorder.restored, EVENTUALLY).toBe(1);
    await expectAll([away, ...others], world.appended);
  });

  it('D4 resume after the machine slept while the gateway was restarted, and after a clock was set', async () => {
    const tabs = await openTabs(2);
    browser.process.signal('SIGSTOP');
    await gateway.kill('SIGKILL');
    await say(10);
    gateway = await openGateway();
    browser.process.signal('SIGCONT');
    await expectAll(tabs, world.appended);
    const connected = tabs.map(({ recorder }) => recorder.connections.length);
    for (const hours of [24, -48]) {
      const shift = `{ const now = Date.now; Date.now = () => now() + ${hours} * 3600_000; }`;
      await tabs[0].recorder.page.evaluate(shift);
      await say(5);
      await expectAll(tabs, world.appended);
    }
    expect(tabs.map(({ recorder }) => recorder.connections.length)).toEqual(connected);
  });

  it('has a connection of its own, and says so, where the policy of the page forbids workers', async () => {
    const tabs = [await openTab({ workers: 'none' }), await openTab({ workers: 'none' })];
    await say(3);
    await expectAll(tabs, world.appended);
    await subscriptions(2);
    for (const { recorder } of tabs) expect(await recorder.page.evaluate('client.sharing')).toBe('alone');
  });

  it('D4 where there is no SharedWorker one tab leads, and is replaced when it crashes or is frozen', async () => {
    const tabs = [];
    for (let i = 0; i < 4; i++) tabs.push(await openTab({ workers: 'absent' }));
    const [first, ...others] = tabs as [Judged<Tab>, ...Judged<Tab>[]]; // There are four.
    for (const { recorder } of tabs) expect(await recorder.page.evaluate('client.sharing')).toBe('leader');
    await say(5);
    await expectAll(tabs, world.appended);
    await subscriptions(1);
    await first.recorder.crash();
    await say(5);
    await expectAll(others, world.appended);
    const frozen = await leaderOf(others);
    await frozen.recorder.lifecycle('frozen');
    await say(5);
    await expectAll(
      others.filter((one) => one !== frozen),
      world.appended,
    );
    await frozen.recorder.lifecycle('active');
    await say(5);
    await expectAll(others, world.appended);
    await subscriptions(1);
  });

  it('D3 D4 where there is no SharedWorker another tab takes over from a leader that hangs, which follows when it wakes', async () => {
    const tabs = [];
    for (let i = 0; i < 4; i++) tabs.push(await openTab({ workers: 'absent' }));
    const [leader, ...others] = tabs as [Judged<Tab>, ...Judged<Tab>[]]; // There are four.
    await say(3);
    await expectAll(tabs, world.appended);
    await leader.recorder.page.evaluate(`void ${HANG}`);
    await expect.poll(() => pages.hung, EVENTUALLY).toBe(1);
    await say(3);
    await expectAll(others, world.appended);
    pages.wake();
    await say(3);
    await expectAll(tabs, world.appended);
    await subscriptions(1);
    // Nobody stole the lead from the tab that took over.
    for (const { recorder } of others)
      expect(recorder.connections.filter((one) => one === 'connected')).toHaveLength(2);
  });

  it('positions in IndexedDB outlive the deletion of the database, and a write that is taken back is an error', async () => {
    const { recorder } = await openTab();
    const { page } = recorder;
    const kept = await page.evaluate(`(async () => {
      const [store, another] = [idbStore('orders'), idbStore('stock')];
      await store.set('k', 'c1');
      await another.set('k', 'c2');
      const first = await idbStore('orders').get('k');
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('millrace/orders');
        request.onsuccess = resolve;
        request.onblocked = reject;
      });
      const deleted = await store.get('k');
      await store.set('k', 'c3');
      await another.delete('k');
      return [first, deleted ?? 'none', await store.get('k'), await another.get('k') ?? 'none'];
    })()`);
    expect(kept).toEqual(['c1', 'none', 'c3', 'none']);
    const refused = page.evaluate(`(() => {
      // As the browser does when the disk is full: the request succeeds, and is taken back.
      IDBTransaction.prototype.commit = IDBTransaction.prototype.abort;
      return idbStore('full').set('k', 'c1').then(() => 'written', String);
    })()`);
    expect(await refused).toContain('AbortError');
    expect(recorder.faults).toEqual([]);
  });

  it('D4 a tab resumes from IndexedDB after the whole browser was killed', async () => {
    const tab = await openTab({ store: 'idb' });
    await say(20);
    await expectAll([tab], world.appended);
    await browser.restart();
    await say(10);
    const before = tab.recorder.received.length;
    await tab.recorder.open(browser.driver, urlOf(tab.recorder, { store: 'idb' }));
    await expectAll([afterLives(tab)], world.appended);
    // Its position was kept: it did not begin with the first event again.
    expect(tab.recorder.received.length - before).toBeLessThan(10 + 5);
  });
});
