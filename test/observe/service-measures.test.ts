import { expect, test } from 'vitest';
import { partition, topic } from '../../src/core/ids.js';
import { Metrics } from '../../src/observe/metrics.js';
import { serviceMeasures } from '../../src/observe/service-measures.js';

test('a service is measured: events, what is tried again, and the lag where it has the partition', async () => {
  const metrics = new Metrics();
  const measures = serviceMeasures({ name: 'order' }, metrics);
  const at = { topic: topic('orders'), partition: partition(2) };
  measures.onHandled(at, { events: 5, lag: 7 });
  measures.onHandled(at, { events: 2, lag: 3 });
  measures.onRetry(at);
  const shown = await metrics.registry.metrics();
  expect(shown).toContain('millrace_service_events_total{service="order",topic="orders"} 7');
  expect(shown).toContain('millrace_service_lag_offsets{service="order",topic="orders",partition="2"} 3');
  expect(shown).toContain('millrace_service_retries_total{service="order",topic="orders"} 1');
  measures.onLost(at);
  expect(await metrics.registry.metrics()).not.toContain('millrace_service_lag_offsets{');
});
