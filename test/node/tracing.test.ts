import { randomUUID } from 'node:crypto';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { createClient } from 'graphql-ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import { bindSchema } from '../../src/binding/binding.js';
import { readConfig } from '../../src/node/config.js';
import { startNode } from '../../src/node/node.js';
import { openLogger } from '../../src/observe/log.js';
import { EventTracer } from '../../src/observe/tracing/tracer.js';
import { loadEventSchemas, loadSchema } from '../../src/project/loader.js';
import { shop } from '../../src/shop/shop.js';
import { folderOf } from '../support/gateway-process.js';
import { PLACE } from '../support/shop-client.js';
import { ancestry, missingSteps, orphans, seenSpans } from '../support/spans.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const FOLLOW = 'subscription($id: ID!) { orderEvents(orderId: $id) { __typename } }';
const CALLER = 'b7ad6b7169203331';
const Result = z.object({
  data: z.object({ orderEvents: z.object({ __typename: z.string() }) }),
  extensions: z.object({ event: z.looseObject({ id: z.string(), traceparent: z.string() }) }),
});

/** The shop in one process, whose spans are kept in memory. */
async function tracedShop() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const folder = await folderOf({});
  const config = readConfig({ PORT: '0', DATA_DIR: folder.path });
  const project = shop({ paymentUrl: undefined });
  const sources = await loadSchema(config.SCHEMA, ROOT);
  const bound = bindSchema({
    sources,
    eventSchemas: await loadEventSchemas(sources, ROOT),
    resolvers: project.resolvers ?? {},
    views: project.views ?? [],
  });
  if (!bound.ok) throw new Error('The schema of the shop is invalid');
  const { bindings } = bound;
  const tracer = new EventTracer(provider, { log: 'kafka', fanout: 'redis' });
  const roles = { gateway: true, relay: true, services: 'all' } as const;
  const options = { config, roles, project, bindings, logger: openLogger('silent'), tracer };
  const node = await startNode(options, new AbortController().signal);
  onTestFinished(async () => {
    await node[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  const url = node.url ?? '';
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: 'Demo ada', eventContext: true },
    retryAttempts: 0,
  });
  onTestFinished(() => client.dispose());
  /** Follows an order until it is shipped. */
  const follow = async (id: string) => {
    const seen: z.infer<typeof Result>[] = [];
    for await (const result of client.iterate({ query: FOLLOW, variables: { id } })) {
      seen.push(Result.parse(result));
      if (seen.at(-1)?.data.orderEvents.__typename === 'OrderShipped') return seen;
    }
    throw new Error('The subscription has ended');
  };
  const live = async (count: number) => {
    const subscriptions = async () => (await node.metrics.live.get()).values[0]?.value;
    await expect.poll(subscriptions, { timeout: 10_000 }).toBe(count);
  };
  const place = async (orderId: string, traceparent: string) => {
    const input = { orderId, lines: [{ sku: 'oats', quantity: 2 }] };
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Demo ada', traceparent },
      body: JSON.stringify({ query: PLACE, variables: { input } }),
    });
    expect(JSON.stringify(await answer.json())).toContain('CONFIRMED');
  };
  const spansOf = (trace: string) => seenSpans(exporter).filter(({ traceId }) => traceId === trace);
  return { follow, live, place, spansOf, exporter };
}

describe('an order of the shop, traced', () => {
  it('is one trace: each event from its creation to the sockets, once for all clients, below what caused it', async () => {
    const { follow, live, place, spansOf } = await tracedShop();
    const [orderId, trace] = [randomUUID(), '0af7651916cd43dd8448eb211c80319c'];
    const following = [follow(orderId), follow(orderId), follow(orderId)];
    await live(3);
    await place(orderId, `00-${trace}-${CALLER}-01`);
    const [events = [], ...others] = await Promise.all(following);
    expect(events.length).toBeGreaterThanOrEqual(5);
    for (const other of others) expect(other).toEqual(events);
    // Its span ends behind the write that the clients have read.
    const isShipped = () =>
      spansOf(trace).some(
        ({ name, attributes }) =>
          name.startsWith('deliver ') && attributes['cloudevents.event_type'] === 'OrderShipped',
      );
    await expect.poll(isShipped, { timeout: 5_000 }).toBe(true);

    const spans = spansOf(trace);
    expect(orphans(spans, CALLER)).toEqual([]);
    expect(spans.filter(({ failed }) => failed)).toEqual([]);
    const ids = events.map(({ extensions }) => extensions.event.id);
    expect(ids.flatMap((id) => missingSteps(spans, id, [3]))).toEqual([]);
    expect(spans.filter(({ name }) => name.startsWith('deliver '))).toHaveLength(ids.length);

    const delivered = (type: string) =>
      spans.find(
        ({ name, attributes }) =>
          name.startsWith('deliver ') && attributes['cloudevents.event_type'] === type,
      );
    const placed = delivered('OrderPlaced');
    const shipped = delivered('OrderShipped');
    expect(placed && ancestry(spans, placed)).toBe('deliver < create < mutation');
    expect(shipped && ancestry(spans, shipped)).toMatch(
      /^deliver < create < handle < create < handle < .* < create < mutation$/,
    );
    const handlers = new Set(spans.map(({ attributes }) => attributes['millrace.service']));
    expect([...handlers]).toEqual(expect.arrayContaining(['order', 'payment', 'inventory', 'shipping']));
    // One correlation id finds the trace, and nothing in it repeats data or keys.
    const conversations = new Set(
      spans.flatMap(({ attributes }) => attributes['messaging.message.conversation_id'] ?? []),
    );
    expect(conversations.size).toBe(1);
    expect(JSON.stringify(spans)).not.toMatch(new RegExp(`${orderId}|oats|"ada"`));
  }, 60_000);

  it('leaves no span when its caller does not sample it, and its events carry the flag on', async () => {
    const { follow, live, place, exporter } = await tracedShop();
    const orderId = randomUUID();
    const following = follow(orderId);
    await live(1);
    await place(orderId, `00-${'c'.repeat(32)}-${CALLER}-00`);
    const events = await following;
    for (const { extensions } of events)
      expect(extensions.event.traceparent).toMatch(/^00-c{32}-[0-9a-f]{16}-00$/);
    expect(seenSpans(exporter)).toEqual([]);
  }, 60_000);
});
