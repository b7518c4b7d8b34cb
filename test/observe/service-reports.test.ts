import { expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import { serviceReports } from '../../src/observe/service-reports.js';
import { Troubles } from '../../src/observe/troubles.js';

it('a service is measured: events, what is tried again, and the lag where it has the partition', async () => {
  const metrics = new Metrics();
  using troubles = new Troubles(openLogger('silent'));
  const measures = serviceReports({ name: 'order' }, metrics, troubles);
  const at = { topic: topic('orders'), partition: partition(2) };
  measures.onHandled(at, { events: 5, lag: 7 });
  measures.onHandled(at, { events: 2, lag: 3 });
  measures.onRetry(at, new Error('no commit'));
  const shown = await metrics.registry.metrics();
  expect(shown).toContain('millrace_service_events_total{service="order",topic="orders"} 7');
  expect(shown).toContain('millrace_service_lag_offsets{service="order",topic="orders",partition="2"} 3');
  expect(shown).toContain('millrace_service_retries_total{service="order",topic="orders"} 1');
  measures.onLost(at);
  expect(await metrics.registry.metrics()).not.toContain('millrace_service_lag_offsets{');
});

it('what keeps a service from going on is told once, with its event where the service threw', () => {
  const told: [string, Record<string, unknown>][] = [];
  const report: Troubles['report'] = (kind, error, _message, about = {}) =>
    void told.push([kind, { error, ...about }]);
  // Only this is asked of it.
  const { onFailure, onRetry } = serviceReports({ name: 'order' }, new Metrics(), { report } as Troubles);
  const at = { topic: topic('orders'), partition: partition(2) };
  const [thrown, refused] = [new Error('thrown'), new Error('refused')];
  onFailure({ ...at, offset: offset(7) }, { id: 'e-1' }, thrown);
  onRetry(at, thrown);
  onRetry(at, refused);
  expect(told).toEqual([
    ['service order on orders/2', { error: thrown, service: 'order', event: 'e-1', at: 'orders/2@7' }],
    ['commit of service order on orders/2', { error: refused, service: 'order', ...at }],
  ]);
});
