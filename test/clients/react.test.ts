import { Activity, createElement, StrictMode } from 'react';
import { flushSync } from 'react-dom';
import { renderToString } from 'react-dom/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Client,
  type ClientOptions,
  createClient,
  memoryStore,
  type SubscribeOptions,
} from '../../clients/ts/src/index.js';
import { useEvents, useSubscription } from '../../clients/ts/src/react.js';
import { openPage } from '../support/react-page.js';
import { serveGateway } from '../transport/gateway.js';
import { serve, subscribed, WAIT } from '../transport/serve.js';

function clientOf(url: string, options: Partial<ClientOptions> = {}) {
  const client = createClient({ url, webSocket: WebSocket, ...options });
  onTestFinished(() => client.close());
  return client;
}

const ABOVE = 'subscription Above($least: Int!) { above(least: $least) { n } }';
interface Above {
  readonly above: { readonly n: number };
}

describe('React', () => {
  it('D3 shows each event once in StrictMode, and another subscription for other variables', async () => {
    const served = await serveGateway();
    const client = clientOf(served.server.url);
    const page = await openPage();
    const List = ({ least }: { least: number }) => {
      const { events, state } = useEvents<Above, { least: number }>(client, ABOVE, {
        variables: { least },
        limit: 3,
      });
      return createElement('p', null, `${state.state}:${events.map(({ data }) => data?.above.n).join()}`);
    };
    const show = (least: number) =>
      page.root.render(createElement(StrictMode, null, createElement(List, { least })));
    show(5);
    await expect.poll(page.text, WAIT).toBe('live:');
    await served.say('k', [4, 5, 6]);
    await expect.poll(page.text, WAIT).toBe('live:5,6');
    // The list is bounded.
    await served.say('k', [7, 8]);
    await expect.poll(page.text, WAIT).toBe('live:6,7,8');
    expect(await served.live()).toBe(1);
    show(100);
    await expect.poll(page.text, WAIT).toBe('live:');
    await served.say('k', [99, 101]);
    await expect.poll(page.text, WAIT).toBe('live:101');
    page.root.unmount();
    await expect.poll(served.live, WAIT).toBe(0);
  });

  it('D4 shows two components that follow the same everything, each from where it was, also after a reload', async () => {
    const served = await serveGateway();
    const store = memoryStore();
    const Said = () => {
      const { events } = useEvents<{ said: { n: number } }, object>(client, 'subscription { said { n } }');
      return createElement('p', null, `${events.map(({ data }) => data?.said.n).join()};`);
    };
    const both = createElement(StrictMode, null, createElement(Said), createElement(Said));
    let client = clientOf(served.server.url, { store });
    const page = await openPage();
    page.root.render(both);
    await expect.poll(served.live, WAIT).toBe(2);
    await served.say('k', [1, 2]);
    await expect.poll(page.text, WAIT).toBe('1,2;1,2;');
    page.root.unmount();
    client.close();
    await served.say('k', [3]);
    client = clientOf(served.server.url, { store });
    const reloaded = await openPage();
    reloaded.root.render(both);
    await expect.poll(reloaded.text, WAIT).toBe('3;3;');
  });

  it('shows the newest result, a gap, the error that ends it, and starts again', async () => {
    const served = await serve();
    const client = clientOf(served.server.url);
    const page = await openPage();
    const reloads: string[] = [];
    let again: (() => void) | undefined;
    const Shown = () => {
      const { data, gap, error, restart } = useSubscription<{ n: number }, object>(
        client,
        'subscription { n }',
        {
          onGap: ({ reason }) => reloads.push(reason),
        },
      );
      again = restart;
      return createElement('p', null, `${data?.n} ${gap?.reason} ${error?.code}`);
    };
    page.root.render(createElement(Shown));
    const first = await subscribed(served);
    first.next(1);
    await expect.poll(page.text, WAIT).toBe('1 undefined undefined');
    const extensions = { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION', earliest: 'c5.tag' };
    first.sink.error([{ message: 'gone', extensions }]);
    const second = await subscribed(served, 1);
    await expect.poll(page.text, WAIT).toBe('1 RETENTION undefined');
    expect([reloads, second.caller.after]).toEqual([['RETENTION'], 'c5.tag']);
    second.sink.error([{ message: 'no', extensions: { code: 'FORBIDDEN', retry: false } }]);
    await expect.poll(page.text, WAIT).toBe('1 RETENTION FORBIDDEN');
    again?.();
    (await subscribed(served, 2)).next(7);
    await expect.poll(page.text, WAIT).toBe('7 undefined undefined');
  });

  it('D4 resumes where it was when it is hidden again before its subscription has a position', async () => {
    const froms: SubscribeOptions<object>['from'][] = [];
    // The first subscription has a position, the others do not come to one.
    const subscribe = (_document: string, { from }: SubscribeOptions<object>) => {
      froms.push(from);
      const cursor = froms.length === 1 ? 'c5.tag' : undefined;
      return { cursor, observe: () => () => undefined, stop: () => undefined };
    };
    // The hooks use nothing else of a client.
    const client = { subscribe } as unknown as Client;
    const page = await openPage();
    const Shown = () => {
      useEvents<{ n: number }, object>(client, 'subscription { n }');
      return null;
    };
    const show = (mode: 'visible' | 'hidden') =>
      page.root.render(createElement(Activity, { mode, children: createElement(Shown) }));
    show('visible');
    await expect.poll(() => froms.length, WAIT).toBe(1);
    for (const count of [2, 3]) {
      flushSync(() => show('hidden'));
      flushSync(() => show('visible'));
      await expect.poll(() => froms.length, WAIT).toBe(count);
    }
    expect(froms).toEqual([undefined, { cursor: 'c5.tag' }, { cursor: 'c5.tag' }]);
  });

  it('does not subscribe on a server, nor when it is told to skip', async () => {
    const served = await serve();
    const client = clientOf(served.server.url);
    const Shown = ({ skip }: { skip: boolean }) => {
      const { data, state } = useSubscription<{ n: number }, object>(client, 'subscription { n }', { skip });
      return createElement('p', null, `${data?.n} ${state.state}`);
    };
    expect(renderToString(createElement(Shown, { skip: false }))).toBe('<p>undefined starting</p>');
    const page = await openPage();
    page.root.render(createElement(Shown, { skip: true }));
    await expect.poll(page.text, WAIT).toBe('undefined starting');
    expect(client.state).toEqual({ state: 'idle' });
  });
});
