import { describe, expect, it } from 'vitest';
import { costOf, WINDOW_COST } from '../../src/tabs/messages.js';
import { FakeBrowser } from './fake-browser.js';
import { FakeServer, FakeTab, jwt, openLed, openWorked, received, settle } from './fake-origin.js';

describe('tabs that share through a leader', () => {
  it('D3 D4 lose and double nothing when the leader hangs: one other tab takes over, and the leader follows when it wakes', async () => {
    const { server, tabs, leader, others } = await openLed(5);
    expect(tabs.map(({ sharing }) => sharing)).toEqual(Array(5).fill('leader'));
    expect(server.open).toHaveLength(1);
    server.say(3);
    await settle();
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    leader.page.hang();
    server.say(3);
    await settle(10_000);
    expect(received(others)).toEqual(others.map(() => server.log));
    // The hung one still has its own; the others did not steal from each other.
    expect(server.links).toHaveLength(2);
    server.say(3);
    await settle();
    leader.page.wake();
    await settle(3_000);
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    expect(server.open).toHaveLength(1);
    expect(server.links).toHaveLength(2);
    expect(others.map(({ connections }) => connections)).toEqual([2, 2, 2, 2]);
  });

  it('follow a leader that hung, woke and leads again: nobody steals from it for its past', async () => {
    const { server, leader, others } = await openLed(2);
    const [other] = others as [FakeTab];
    leader.page.hang();
    await settle(12_000);
    leader.page.wake();
    await settle(3_000);
    // The one that took over goes away and comes back.
    other.page.dispatch('pagehide');
    await settle(3_000);
    const before = leader.connections;
    other.page.dispatch('pageshow');
    await settle(3_000);
    expect(other.connection.state.state).toBe('connected');
    expect(leader.connections).toBe(before);
    expect(server.open).toHaveLength(1);
  });

  it('D3 are served once, however often they knocked at a leader that was busy', async () => {
    const { browser, server, tabs, leader } = await openLed(1);
    leader.page.hang();
    const late = new FakeTab(browser, server, jwt('ada'));
    await settle(700);
    leader.page.wake();
    await settle();
    server.say(3);
    await settle();
    expect(received([...tabs, late])).toEqual([server.log, server.log]);
  });

  it('find a leader that did not listen yet when they came', async () => {
    const browser = new FakeBrowser();
    const server = new FakeServer();
    const leader = new FakeTab(browser, server, jwt('ada'));
    const late = new FakeTab(browser, server, jwt('ada'));
    leader.page.hang();
    await settle(50);
    leader.page.wake();
    await settle(300);
    expect([leader, late].map(({ sharing }) => sharing)).toEqual(['leader', 'leader']);
    expect(server.open).toHaveLength(1);
  });

  it('ask the leader whether it lives, and not the server', async () => {
    const { server, tabs } = await openLed(3);
    await settle(20_000);
    expect(server.links.map(({ probes }) => probes)).toEqual([0]);
    expect(tabs.map(({ connections }) => connections)).toEqual([1, 1, 1]);
  });

  it('D4 use nothing that keeps a page out of the back/forward cache; another leads, and the page resumes when it is back', async () => {
    const { browser, server, leader, others } = await openLed(3);
    leader.page.dispatch('pagehide');
    leader.page.hang();
    await settle(0);
    expect(browser.usesOf(leader.page)).toEqual([]);
    await settle(5_000);
    server.say(4);
    await settle();
    expect(received(others)).toEqual(others.map(() => server.log));
    expect(leader.received).toEqual([]);
    leader.page.wake();
    leader.page.dispatch('pageshow');
    await settle(3_000);
    expect(leader.received).toEqual(server.log);
    expect(server.open).toHaveLength(1);
  });

  it('D4 follow another tab as soon as the leader is frozen', async () => {
    const { server, leader, others } = await openLed(3);
    leader.page.dispatch('freeze');
    leader.page.hang();
    await settle(2_000);
    server.say(4);
    await settle();
    expect(received(others)).toEqual(others.map(() => server.log));
  });
});

describe('tabs that cannot share', () => {
  it('D4 have connections of their own where the browser refuses locks', async () => {
    const browser = new FakeBrowser();
    browser.refusesLocks = true;
    const server = new FakeServer();
    const tabs = [new FakeTab(browser, server, jwt('ada')), new FakeTab(browser, server, jwt('ada'))];
    await settle();
    expect(tabs.map(({ sharing }) => sharing)).toEqual(['alone', 'alone']);
    server.open[0]?.listener.lost({ kind: 'retry', why: '1006' });
    server.say(3);
    await settle(1_000);
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    expect(tabs.map(({ connections }) => connections)).toEqual([2, 1]);
  });
});

describe('tabs that share through a worker', () => {
  it('D4 notice at once that the worker is gone, also while the one that waits first for the news hangs', async () => {
    const { server, worker, tabs } = await openWorked(3);
    const [hung, ...others] = tabs as [FakeTab, ...FakeTab[]];
    hung.page.hang();
    worker.restart();
    server.say(3);
    await settle(1_500);
    expect(received(others)).toEqual(others.map(() => server.log));
    hung.page.wake();
    await settle(1_500);
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    expect(tabs.map(({ sharing }) => sharing)).toEqual(['worker', 'worker', 'worker']);
    // Those of former connections are gone.
    expect(tabs.map(({ page }) => page.listeners)).toEqual([2, 2, 2]);
  });

  it('leave the connection with a crash too: it is closed when the last tab is gone', async () => {
    const { server, tabs } = await openWorked(2);
    const [first, last] = tabs as [FakeTab, FakeTab];
    first.page.crash();
    await settle(0);
    expect(server.open).toHaveLength(1);
    last.page.crash();
    await settle(0);
    expect(server.open).toEqual([]);
  });

  it('D3 D4 have connections of their own when the worker hangs, and lose and double nothing', async () => {
    const { server, worker, tabs } = await openWorked(3);
    server.say(3);
    await settle();
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    expect(tabs.map(({ sharing }) => sharing)).toEqual(['worker', 'worker', 'worker']);
    worker.page.hang();
    server.say(3);
    await settle(30_000);
    expect(tabs.map(({ sharing }) => sharing)).toEqual(['alone', 'alone', 'alone']);
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    worker.page.wake();
    server.say(3);
    await settle(1_000);
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    // That of the worker, which nobody needs, is closed.
    expect(server.open).toHaveLength(3);
  });

  it('know how they share as soon as their state is connected', async () => {
    const { tabs } = await openWorked(1);
    expect(tabs[0]?.states).toEqual(['connecting', 'connected']);
    expect(tabs[0]?.sharings).toEqual([undefined, 'worker']);
  });

  it('D4 have connections of their own when the worker never answers', async () => {
    const { server, worker, open } = await openWorked(0);
    worker.page.hang();
    const tab = open();
    await settle(15_000);
    server.say(3);
    await settle();
    expect([tab.sharing, tab.received]).toEqual(['alone', server.log]);
  });

  it('D4 lose nothing when an error ends the worker that serves them, as Firefox tells of errors that nobody caught', async () => {
    const { server, worker, tabs } = await openWorked(1);
    const [tab] = tabs as [FakeTab];
    server.say(3);
    await settle();
    worker.ways[0]?.worker.onerror?.({});
    await settle(3_000);
    server.say(3);
    await settle();
    expect([tab.sharing, tab.received, tab.connections]).toEqual(['alone', server.log, 2]);
  });

  it('have no connection when the only tab leaves before the worker could welcome it', async () => {
    const { server, worker, open } = await openWorked(0);
    const tab = open();
    worker.page.hang();
    await settle(50);
    tab.connection.input({ type: 'unwanted' });
    worker.page.wake();
    await settle(1_000);
    expect(server.open).toEqual([]);
  });

  it('D4 use nothing that keeps a page out of the back/forward cache, and resume when it is back', async () => {
    const { browser, server, tabs } = await openWorked(2);
    const [away, other] = tabs as [FakeTab, FakeTab];
    away.page.dispatch('pagehide');
    await settle(0);
    expect(browser.usesOf(away.page)).toEqual([]);
    server.say(4);
    await settle(2_000);
    expect([away.received, other.received]).toEqual([[], server.log]);
    away.page.dispatch('pageshow');
    await settle(2_000);
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    expect(server.links).toHaveLength(1);
  });

  it('D3 a tab that hangs is sent a bounded number of bytes, one that reads gets everything, and both have all in the end', async () => {
    const { server, worker, tabs } = await openWorked(2, 10_000);
    const [hung, reading] = tabs as [FakeTab, FakeTab];
    hung.page.hang();
    for (let i = 0; i < 60; i++) {
      server.say(1);
      await settle(1);
    }
    expect(reading.received).toEqual(server.log);
    const cost = (worker.ways[0]?.posted ?? []).reduce((sum, message) => sum + costOf(message), 0);
    expect(cost).toBeGreaterThan(WINDOW_COST / 2);
    expect(cost).toBeLessThan(WINDOW_COST + 11_000);
    hung.page.wake();
    await settle();
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
  });

  it('S1 tabs of two users have a connection each, with their own credentials, and two tokens of one user share', async () => {
    const { server, open } = await openWorked(0);
    const [ada, bob] = [open('ada'), open('bob'), open('ada')] as const;
    await settle();
    expect(server.open.map(({ credentials }) => credentials)).toEqual([ada.credentials, bob.credentials]);
  });
});
