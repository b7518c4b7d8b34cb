import { describe, expect, it } from 'vitest';
import { ClientError } from '../../src/client-error.js';
import { jwt, openLed, openWorked, received, settle } from './fake-origin.js';

describe.each([
  ['a worker', openWorked],
  ['a leader', openLed],
])('the credentials of tabs that share through %s', (_, openTabs) => {
  it('S2 D3 are renewed when they expire, without a new connection, and nothing is lost', async () => {
    const { server, tabs } = await openTabs(3);
    const [link] = server.links;
    server.say(3);
    const fresh = tabs.map((tab) => {
      tab.credentials = jwt('ada');
      return tab.credentials;
    });
    link?.listener.renewal?.({ type: 'expiring' });
    server.say(3);
    await settle();
    expect(link?.renewed).toHaveLength(1);
    expect(fresh).toContainEqual(link?.renewed[0]);
    // The answer came to every tab: each can renew again.
    link?.listener.renewal?.({ type: 'expiring' });
    await settle();
    expect(link?.renewed).toHaveLength(2);
    server.say(3);
    await settle(5_000);
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    expect(tabs.map(({ states }) => states)).toEqual(tabs.map(() => ['connecting', 'connected']));
    expect(tabs.flatMap(({ problems }) => problems)).toEqual([]);
    expect(server.links).toHaveLength(1);
  });

  it('S2 stay in force when the server refuses the new ones, and the tab that sent them is told', async () => {
    const { server, tabs } = await openTabs(2);
    const [link] = server.links;
    const [tab] = tabs;
    if (link) link.refusal = new ClientError('UNAUTHENTICATED', 'no', { errors: [{ message: 'no' }] });
    tab?.connection.input({ type: 'credentials' });
    await settle();
    expect(tabs.map(({ problems }) => problems.map(({ message }) => message))).toEqual([['no'], []]);
    server.say(3);
    await settle();
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    expect(server.links).toHaveLength(1);
  });

  it('S1 of another user are never sent on the connection of the others: the tab leaves, and the others notice nothing', async () => {
    const { server, tabs } = await openTabs(3);
    const [, second, third] = tabs;
    if (second) second.credentials = jwt('bob');
    second?.connection.input({ type: 'credentials' });
    await settle(1_000);
    expect(server.links.map(({ renewed }) => renewed)).toEqual([[], []]);
    expect(server.open.map(({ credentials }) => credentials)).toEqual([
      tabs[0]?.credentials,
      second?.credentials,
    ]);
    server.say(3);
    await settle();
    expect(received(tabs)).toEqual(tabs.map(() => server.log));
    expect(third?.states).toEqual(['connecting', 'connected']);
  });
});
