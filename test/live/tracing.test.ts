import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ResourceStack } from '../../src/core/resource-stack.js';
import { startProcess } from '../support/gateway-process.js';
import { startCollector } from '../support/otlp-collector.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { ask, field, follow, PLACE } from '../support/shop-client.js';
import { shopFolder } from '../support/shop-folder.js';
import { missingSteps, orphans } from '../support/spans.js';

const FOLLOW = 'subscription($id: ID!) { orderEvents(orderId: $id) { __typename } }';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

describe('tracing over separate processes on Kafka and Redis', () => {
  it('exports one trace of an order over OTLP/HTTP, from the mutation at one gateway to the sockets of two, and only sampled ones', async () => {
    await using collector = await startCollector();
    const name = uniqueName('traced');
    await using folder = await shopFolder(name);
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: name,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=the-key-of-the-collector',
      // Only traces that their caller samples.
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    };
    await using processes = new ResourceStack();
    const start = async (role: string) =>
      processes.use(await startProcess([role], { cwd: folder.path, env }));
    const starting = [start('services'), start('relay')];
    const [a, b] = await Promise.all([start('gateway'), start('gateway')]);
    await Promise.all(starting);
    const orderId = randomUUID();
    const isShipped = (seen: readonly Record<string, unknown>[]) =>
      seen.at(-1)?.['__typename'] === 'OrderShipped';
    const following = [a, b, b].map(({ url }) => follow(url, FOLLOW, { id: orderId }, isShipped));
    await runningSubscriptions(a.url, 1);
    await runningSubscriptions(b.url, 2);

    const order = (id: string) => ({ input: { orderId: id, lines: [{ sku: 'oats', quantity: 2 }] } });
    await field(a.url, 'ada', PLACE, order(randomUUID()));
    const response = await fetch(`${a.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Demo ada',
        traceparent: `00-${TRACE}-${CALLER}-01`,
      },
      body: JSON.stringify({ query: PLACE, variables: order(orderId) }),
    });
    expect(await response.text()).toContain('CONFIRMED');
    const [events = []] = await Promise.all(following);
    const delivered = () =>
      collector.spans.filter(
        ({ name: span, attributes }) =>
          span.startsWith('deliver ') && attributes['cloudevents.event_type'] === 'OrderShipped',
      ).length;
    await expect.poll(delivered, { timeout: 10_000 }).toBe(2);
    // Each process sends what it still has when it stops.
    await processes[Symbol.asyncDispose]();

    const { spans } = collector;
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(orphans(spans, CALLER)).toEqual([]);
    const ids = spans
      .filter(({ name: span }) => span.startsWith('deliver '))
      .map(({ attributes }) => String(attributes['messaging.message.id']));
    expect(new Set(ids).size).toBe(events.length);
    expect([...new Set(ids)].flatMap((id) => missingSteps(spans, id, [1, 2]))).toEqual([]);
    const services = new Set(spans.map(({ service }) => service));
    expect(services).toEqual(new Set(['millrace-gateway', 'millrace-relay', 'millrace-services']));
    const systems = (operation: string) =>
      new Set(
        spans
          .filter(({ name: span }) => span.startsWith(`${operation} `))
          .map(({ attributes }) => attributes['messaging.system']),
      );
    expect(systems('relay')).toEqual(new Set(['kafka']));
    expect(systems('publish')).toEqual(new Set(['redis']));

    for (const headers of collector.headers)
      expect(headers).toMatchObject({ ':path': '/v1/traces', 'x-key': 'the-key-of-the-collector' });
    const bytes = Buffer.concat(collector.bodies).toString('latin1');
    expect(bytes).toContain('deployment.environment.name');
    for (const secret of [orderId, 'oats', 'Demo', 'the-key-of-the-collector', 'a secret for all the nodes'])
      expect(bytes).not.toContain(secret);
  }, 120_000);

  it('a collector that does not answer costs its spans and nothing else; it is counted and logged once', async () => {
    await using folder = await shopFolder(uniqueName('untraced'));
    await using node = await startProcess(['start'], {
      cwd: folder.path,
      env: {
        METRICS: 'true',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
        OTEL_EXPORTER_OTLP_TIMEOUT: '500',
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
    });
    const order = { orderId: randomUUID(), lines: [{ sku: 'oats', quantity: 1 }] };
    const answer = await ask(node.url, 'ada', PLACE, { input: order });
    expect(answer.errors).toBeUndefined();
    const problems = async () =>
      Number(
        /^millrace_problems_total\{kind="telemetry"\} (\d+)$/m.exec(
          await (await fetch(`${node.url}/metrics`)).text(),
        )?.[1] ?? 0,
      );
    await expect.poll(problems, { timeout: 20_000 }).toBeGreaterThan(0);
    await expect.poll(() => node.errors.match(/exporting spans failed/g)?.length).toBe(1);
  }, 60_000);
});
