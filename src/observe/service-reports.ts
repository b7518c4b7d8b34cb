import { type Position, partitionName, placeName, type TopicPartition } from '../core/position.js';
import type { Metrics } from './metrics.js';
import type { Troubles } from './troubles.js';

/** What happens to the batches of a service: as metrics, and in the log what keeps it from going on. */
export function serviceReports(
  { name: service }: { readonly name: string },
  metrics: Metrics,
  troubles: Troubles,
) {
  /** What a service has thrown, and is told of with its event: the batch fails of it too. */
  const thrown = new WeakSet<object>();
  return {
    onHandled({ topic, partition }: TopicPartition, done: { readonly events: number; readonly lag: number }) {
      metrics.serviceEvents.inc({ service, topic }, done.events);
      metrics.serviceLag.set({ service, topic, partition }, done.lag);
    },
    onFailure(at: Position, event: { readonly id: string }, error: unknown) {
      metrics.problems.inc({ kind: 'service' });
      metrics.serviceFailures.inc({ service });
      if (typeof error === 'object' && error !== null) thrown.add(error);
      const about = { service, event: event.id, at: placeName(at) };
      const kind = `service ${service} on ${partitionName(at)}`;
      troubles.report(kind, error, 'a service failed; its batch is given again', about);
    },
    onRetry(at: TopicPartition, error: unknown) {
      const { topic, partition } = at;
      metrics.serviceRetries.inc({ service, topic });
      if (typeof error === 'object' && error !== null && thrown.has(error)) return;
      metrics.problems.inc({ kind: 'service' });
      const message = 'what a service said could not be committed; its batch is given again';
      const kind = `commit of service ${service} on ${partitionName(at)}`;
      troubles.report(kind, error, message, { service, topic, partition });
    },
    onLost({ topic, partition }: TopicPartition) {
      metrics.serviceLag.remove({ service, topic, partition });
    },
  };
}
