import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EventSource as NpmEventSource } from 'eventsource';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { serveGateway } from './gateway.js';
import { RawClient, WAIT } from './serve.js';

const QUIET = 'subscription { above(least: 1000) { n } }';
const OFTEN = { positionIntervalMs: 10 };

/** A client that says that it reads positions. */
async function reading(url: string, query = QUIET): Promise<RawClient> {
  const client = await RawClient.open(url);
  client.send({ type: 'connection_init', payload: { positions: true } });
  await vi.waitFor(() => expect(client.messages).toHaveLength(1), WAIT);
  client.subscribe('1', query);
  return client;
}

/** The cursors in the pings of a connection. */
function cursors({ messages }: RawClient): string[] {
  return messages.flatMap((message) => /"cursor":"([^"]+)"/.exec(JSON.stringify(message))?.[1] ?? []);
}

describe('positions over a WebSocket', () => {
  it('D4 are in the payload of a ping, by the id of the operation, and a client resumes after them', async () => {
    const served = await serveGateway({}, OFTEN);
    const client = await reading(served.wsUrl);
    expect(client.messages[0]).toEqual({
      type: 'connection_ack',
      payload: { positions: true, heartbeatMs: 12_000 },
    });
    await vi.waitFor(() => expect(cursors(client)).toHaveLength(1), WAIT);
    expect(client.messages[1]).toMatchObject({ type: 'ping', payload: { position: { id: '1', behind: 0 } } });
    await served.say('k', [1, 2]);
    await vi.waitFor(() => expect(cursors(client).length).toBeGreaterThan(1), WAIT);
    expect(client.messages.filter((message) => JSON.stringify(message).includes('"next"'))).toEqual([]);

    const [start] = cursors(client);
    const resumed = await RawClient.acknowledged(served.wsUrl);
    const query = 'subscription { said { n } }';
    // The cursor of a filtered field, so the same field; its extension needs no variable in the document.
    resumed.subscribe('2', 'subscription { above(least: 1000) { n } }', { extensions: { after: start } });
    resumed.subscribe('3', query, { extensions: { after: start } });
    await resumed.sees({
      id: '3',
      type: 'error',
      payload: [expect.objectContaining({ extensions: expect.objectContaining({ reason: 'FIELD' }) })],
    });
    await served.say('k', [1001]);
    await vi.waitFor(() => expect(JSON.stringify(resumed.messages)).toContain('"n":1001'), WAIT);
  });

  it('are not sent to a client that does not say that it reads them', async () => {
    const served = await serveGateway({}, OFTEN);
    const silent = await RawClient.acknowledged(served.wsUrl);
    silent.subscribe('1', QUIET);
    const client = await reading(served.wsUrl);
    await vi.waitFor(() => expect(cursors(client)).toHaveLength(1), WAIT);
    await expect.poll(served.live, WAIT).toBe(2);
    await served.say('k', [1]);
    await vi.waitFor(() => expect(cursors(client).length).toBeGreaterThan(1), WAIT);
    expect(silent.messages).toEqual([{ type: 'connection_ack' }]);
  });

  it('a page that reads positions and does not answer pings is gone, whatever its browser answers', async () => {
    const served = await serveGateway({}, { keepAlive: 50 });
    const frozen = await reading(served.wsUrl);
    const asleep = await RawClient.acknowledged(served.wsUrl);
    expect(await frozen.closed).toMatchObject({ code: 1006 });
    expect(frozen.messages).toContainEqual({ type: 'ping' });
    expect(asleep.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('BAD_REQUEST when it is not said with true or false', async () => {
    const served = await serveGateway();
    const client = await RawClient.open(served.wsUrl);
    client.send({ type: 'connection_init', payload: { positions: 'yes' } });
    expect(await client.closed).toEqual({
      code: 4400,
      reason: '`positions` must be true or false, but is a string.',
    });
  });

  it('graphql-ws hands them to `on.ping`, and its subscriptions go on', async () => {
    const served = await serveGateway({}, { ...OFTEN, keepAlive: 20 });
    const pings: unknown[] = [];
    const client = createClient({
      url: served.wsUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { positions: true },
      on: { ping: (_received, payload) => void pings.push(payload) },
    });
    onTestFinished(() => client.dispose());
    const results = client.iterate({ query: 'subscription { above(least: 2) { n } }' });
    const first = results.next();
    await vi.waitFor(() => expect(JSON.stringify(pings)).toContain('cursor'), WAIT);
    await served.say('k', [1, 1, 2]);
    expect((await first).value).toMatchObject({ data: { above: { n: 2 } } });
    // It echoes what it is sent, and the gateway still hears it.
    await served.say('k', [1, 3]);
    expect((await results.next()).value).toMatchObject({ data: { above: { n: 3 } } });
  });
});

describe('positions over SSE', () => {
  it('D4 are blocks without data, which move the last id that a client resumes with', async () => {
    const served = await serveGateway({}, OFTEN);
    const text = await streamed(served.server.url, (seen) => seen.split('\n\n').length > 1);
    const block = text.split('\n\n')[0] ?? '';
    expect(block).toMatch(/^: behind=0\nid: [\w.-]+$/);
    const id = /^id: (.+)$/m.exec(block)?.[1] ?? '';
    await served.say('k', [1001]);
    const resumed = await streamed(served.server.url, (seen) => seen.includes('event: next'), id);
    expect(resumed).toContain('"n":1001');
  });

  it('graphql-sse passes over them', async () => {
    const served = await serveGateway({}, OFTEN);
    const client = createSseClient({ url: served.server.url, retryAttempts: 0 });
    onTestFinished(() => client.dispose());
    const results = client.iterate({ query: 'subscription { above(least: 2) { n } }' });
    const first = results.next();
    await expect.poll(served.live, WAIT).toBe(1);
    await served.say('k', [1, 1, 2]);
    expect((await first).value).toMatchObject({ data: { above: { n: 2 } } });
  });

  it.each(['node', 'eventsource'])('D4 an EventSource (%s) is shown nothing by them', async (which) => {
    const served = await serveGateway({}, OFTEN);
    const events: { data?: unknown; lastEventId: string }[] = [];
    const url = `${served.server.url}?query=${encodeURIComponent('subscription { above(least: 2) { n } }')}`;
    listen(which, url, (event) => events.push(event));
    await expect.poll(served.live, WAIT).toBe(1);
    await served.say('k', [1, 1, 2]);
    await vi.waitFor(() => expect(events).toHaveLength(1), WAIT);
    expect(events[0]?.data).toContain('"n":2');
  });
});

/** The text of a stream up to where `isEnough`. */
async function streamed(
  url: string,
  isEnough: (seen: string) => boolean,
  lastEventId?: string,
): Promise<string> {
  const stop = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    body: JSON.stringify({ query: QUIET }),
    signal: stop.signal,
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (isEnough(text)) break;
  }
  stop.abort();
  return text;
}

const PAGE = `
  setInterval(() => undefined, 60_000);
  const source = new EventSource(process.argv[1]);
  const print = ({ data, lastEventId }) => console.log(JSON.stringify({ data, lastEventId }));
  for (const name of ['next', 'message']) source.addEventListener(name, print);`;

function listen(
  which: string,
  url: string,
  onEvent: (event: { data?: unknown; lastEventId: string }) => void,
) {
  if (which === 'eventsource') {
    const source = new NpmEventSource(url);
    for (const name of ['next', 'message']) source.addEventListener(name, onEvent);
    onTestFinished(() => source.close());
    return;
  }
  const args = ['--experimental-eventsource', '--no-warnings', '-e', PAGE, url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  createInterface(child.stdout).on('line', (line) => onEvent(JSON.parse(line)));
}
