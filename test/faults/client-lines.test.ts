import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import type { Accepted } from '../support/appended.js';
import { append, mutationClient } from '../support/mutations.js';
import type { Recorder, Transport } from '../support/recorder.js';
import { kafkaBrokers } from '../support/services.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { FragmentedClient } from './support/fragmented-client.js';
import { TcpProxy } from './support/proxy.js';
import { scaled } from './support/speed.js';
import { storedEvents } from './support/stored-events.js';
import { FaultWorld, SAID, SAY } from './support/world.js';

const Said = z.object({
  data: z.object({ say: z.object({ eventId: z.string(), partition: z.number(), offset: z.string() }) }),
});
const TRANSPORTS: readonly Transport[] = ['ws', 'sse', 'event-source'];

/** Connections between clients and a gateway that fail. */
describe('connections of clients', { timeout: CASE_TIMEOUT }, () => {
  let proxy: TcpProxy | undefined;
  afterEach(() => proxy?.[Symbol.asyncDispose]());

  it('D3 D4 a client whose connection is reset in the middle of a frame resumes after its last complete result', async () => {
    await using world = await FaultWorld.open();
    await world.relay();
    const gateway = await world.gateway();
    proxy = await TcpProxy.open({ target: gateway.url });
    const subscribers: Recorder[] = [];
    for (const over of [...TRANSPORTS, ...TRANSPORTS])
      subscribers.push(await world.subscriber(gateway, { over, via: `http://${proxy.address}` }));
    const stream = await world.load(gateway);
    // A client without a result has no cursor to resume with.
    for (const { received } of subscribers)
      await expect.poll(() => received.length, EVENTUALLY).toBeGreaterThan(0);
    const torn = new Set<number>();
    const chunks = new Map<number, number>();
    proxy.judge = (chunk, { direction, connection }) => {
      if (direction === 'up') return 'pass';
      if (torn.has(connection)) return 'cut';
      const count = (chunks.get(connection) ?? 0) + 1;
      chunks.set(connection, count);
      // Drops the last bytes of the chunk, so that it ends within a frame.
      if (count < 3 + (connection % 7)) return 'pass';
      torn.add(connection);
      return {
        instead: chunk.subarray(0, Math.max(1, chunk.length - 1 - ((connection * 37) % chunk.length))),
      };
    };
    for (const recorder of subscribers)
      await expect.poll(() => recorder.returns.length, EVENTUALLY).toBeGreaterThanOrEqual(scaled(8, 3));
    // No connection continues after bytes that it has lost.
    proxy.judge = (_chunk, { direction, connection }) =>
      direction === 'down' && torn.has(connection) ? 'cut' : 'pass';
    await world.grows(scaled(50, 10));
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(subscribers, world.appended);
  });

  it('D3 frames split into single bytes and masked fragments, with pings in between, are read correctly in both directions', async () => {
    await using world = await FaultWorld.open();
    await world.relay();
    const gateway = await world.gateway();
    proxy = await TcpProxy.open({ target: gateway.url });
    const via = `http://${proxy.address}`;
    proxy.slice = 1;
    const subscribers = [];
    for (const over of TRANSPORTS) subscribers.push(await world.subscriber(gateway, { over, via }));
    await using client = await FragmentedClient.open(via);
    // Around the lengths at which a frame header grows (RFC 6455, section 5.2): for the result of a query here,
    for (const length of [72, 73, 74, 97, 98, 99])
      expect(await client.run('i'.repeat(length), { query: '{ ok }' })).toEqual({ data: { ok: null } });
    for (const length of [1, 200, 4_000]) world.appended.accept(await client.say('room', 'x'.repeat(length)));
    await expectAll(subscribers, world.appended);
    // and for a subscriber's frame here, which is some hundred bytes longer than its text.
    proxy.slice = 997;
    const frame = await nextFrameBytes(gateway.url, subscribers[0]?.received.at(-1)?.cursor ?? '', async () =>
      world.appended.accept(await client.say('room', 'y'.repeat(60_000))),
    );
    for (const length of [65_533, 65_534, 65_535, 65_536, 65_537])
      world.appended.accept(await client.say('room', `z${length}`.padEnd(length - (frame - 60_000), 'z')));
    await expectAll(subscribers, world.appended);
    expect(client.pongs).toBe(client.pings);
    expect(subscribers.flatMap(({ returns }) => returns)).toEqual([]);
  });

  it('D1 a mutation whose connection is cut before the answer acts once when it is retried with its key', async () => {
    await using world = await FaultWorld.open({ env: { TOPIC_PARTITIONS: '1' } });
    await world.relay();
    const gateway = await world.gateway();
    const subscribers = [];
    for (const over of TRANSPORTS) subscribers.push(await world.subscriber(gateway, { over }));
    proxy = await TcpProxy.open({ target: gateway.url });
    const via = `http://${proxy.address}`;
    proxy.judge = (chunk, { direction }) => {
      if (direction === 'up') return 'pass';
      return chunk.includes('"eventId"') ? 'cut' : 'pass';
    };
    const texts: string[] = [];
    for (let n = 0; n < scaled(20, 5); n++) {
      for (const ask of [overHttp, overWebSocket]) {
        const text = `no. ${n} by ${ask.name}`;
        await expect(ask(via, text)).rejects.toThrow();
        world.appended.accept(await ask(gateway.url, text));
        texts.push(text);
      }
    }
    world.appended.accept(await overHttp(gateway.url, 'the last one'));
    await expectAll(subscribers, world.appended);
    for (const { received } of subscribers)
      expect(received.map(({ text }) => text)).toEqual([...texts, 'the last one']);
    // Each retry was answered with the position of the first event: nothing was appended twice.
    expect(await storedEvents(kafkaBrokers().join(), world.topic)).toHaveLength(texts.length + 1);
  });
});

type Ask = (url: string, text: string) => Promise<Accepted>;

/** Runs one mutation over HTTP, with its text as idempotency key. */
const overHttp: Ask = async (url, text) => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': text },
    body: JSON.stringify({ query: SAY, variables: { room: 'room', text } }),
  });
  const { data } = Said.parse(await response.json());
  const { eventId: id, partition, offset } = data.say;
  return { id, partition, offset: Number(offset) };
};

/** The same over a WebSocket that is opened for it. */
const overWebSocket: Ask = async (url, text) => {
  const client = mutationClient(url);
  try {
    return await append(client, SAY, { room: 'room', text }, { idempotencyKey: text });
  } finally {
    await client.dispose();
  }
};

/** As long as an id of graphql-ws. */
const ID = 'i'.repeat(36);

/** The length in bytes of a WebSocket subscriber's next frame. */
async function nextFrameBytes(url: string, after: string, next: () => Promise<void>): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await once(socket, 'message');
  const frame = once(socket, 'message');
  const payload = { query: SAID, variables: { after } };
  socket.send(JSON.stringify({ id: ID, type: 'subscribe', payload }));
  await next();
  const [data] = await frame;
  socket.terminate();
  return Buffer.byteLength(String(data));
}
