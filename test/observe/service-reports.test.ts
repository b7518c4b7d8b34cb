import { expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import { serviceReports } from '../../src/observe/service-reports.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';

it('counts the events and retries of a service, and shows its lag while it has the partition, also while a batch fails', async () => {
  const metrics = new Metrics();
  using warnings = new WarningThrottle(openLogger('silent'));
  const reports = serviceReports({ name: 'order' }, metrics, openLogger('silent'), warnings);
  const at = { topic: topic('orders'), partition: partition(2) };
  reports.onReceived(at, 12);
  expect(await metrics.registry.metrics()).toContain('partition="2"} 12');
  reports.onHandled(at, { events: 5, lag: 7 });
  reports.onHandled(at, { events: 2, lag: 3 });
  reports.onRetry(at, { error: new Error('no commit'), lag: 4 });
  const shown = await metrics.registry.metrics();
  expect(shown).toContain('millrace_service_events_total{service="order",topic="orders"} 7');
  expect(shown).toContain('millrace_service_lag_offsets{service="order",topic="orders",partition="2"} 4');
  expect(shown).toContain('millrace_service_retries_total{service="order",topic="orders"} 1');
  reports.onLost(at);
  expect(await metrics.registry.metrics()).not.toContain('millrace_service_lag_offsets{');
});

it('reports a failure of a handler once, with its event, and a failed commit as another kind', () => {
  const reports: [string, Record<string, unknown>][] = [];
  const report: WarningThrottle['report'] = (kind, error, _message, fields = {}) =>
    void reports.push([kind, { error, ...fields }]);
  // A stub: `serviceReports` calls nothing but `report`.
  const { onFailure, onRetry } = serviceReports({ name: 'order' }, new Metrics(), openLogger('silent'), {
    report,
  } as WarningThrottle);
  const at = { topic: topic('orders'), partition: partition(2) };
  const [thrown, refused] = [new Error('thrown'), new Error('refused')];
  onFailure({ ...at, offset: offset(7) }, { id: 'e-1' }, thrown);
  onRetry(at, { error: thrown, lag: 1 });
  onRetry(at, { error: refused, lag: 1 });
  expect(reports).toEqual([
    ['service order on orders/2', { error: thrown, service: 'order', event: 'e-1', at: 'orders/2@7' }],
    ['commit of service order on orders/2', { error: refused, service: 'order', ...at }],
  ]);
});
