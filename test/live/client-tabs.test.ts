import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../scripts/services/private.mjs';
import { EVENTUALLY } from '../faults/support/ceiling.js';
import { expectAll } from '../faults/support/check.js';
import { FaultWorld, metric } from '../faults/support/world.js';
import { servePages, Tab, TestBrowser } from '../support/browser.js';
import type { GatewayProcess } from '../support/gateway-process.js';

describe('tabs that share a connection, in Chromium', () => {
  let browser: TestBrowser;
  let pages: Awaited<ReturnType<typeof servePages>>;
  let world: FaultWorld;
  let gateway: GatewayProcess;
  let port: string;
  const openGateway = () => world.gateway({ PORT: port });

  beforeAll(async () => {
    port = String((await freePorts(1))[0]);
    [browser, pages] = await Promise.all([TestBrowser.start(), servePages()]);
    world = await FaultWorld.open({ env: { ALLOWED_ORIGINS: pages.origin, POSITION_INTERVAL_MS: '500' } });
    await world.relay();
    gateway = await openGateway();
  });
  afterEach(() => browser.closePages());
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await pages?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  let names = 0;
  async function openTab(options: Readonly<Record<string, string>> = {}): Promise<Tab> {
    const tab = new Tab(`tab-${++names}`);
    const query = new URLSearchParams({ tab: tab.name, url: `${gateway.url}/graphql`, ...options });
    await tab.open(browser.driver, `${pages.origin}/?${query}`);
    await expect.poll(() => tab.state, EVENTUALLY).toBe('live');
    return tab;
  }
  /** Where the log was when a tab had started. */
  const now = () => new Map(world.appended.newest);

  it('D3 two tabs use one socket and one subscription, and get every event', async () => {
    const after = now();
    const tabs = [await openTab(), await openTab()];
    for (let i = 0; i < 20; i++) await world.say(gateway);
    await expectAll(
      tabs.map((recorder) => ({ recorder, after })),
      world.appended,
    );
    expect(await metric(gateway.url, 'millrace_subscriptions')).toBe(1);
    expect(await tabs[0]?.page.evaluate('client.sharing')).toBe('worker');
  });
});
