import type { TopicPartition } from '../core/position.js';
import type { Metrics } from './metrics.js';

/** What happens to the batches of a service, as metrics. */
export function serviceMeasures({ name: service }: { readonly name: string }, metrics: Metrics) {
  return {
    onHandled({ topic, partition }: TopicPartition, done: { readonly events: number; readonly lag: number }) {
      metrics.serviceEvents.inc({ service, topic }, done.events);
      metrics.serviceLag.set({ service, topic, partition }, done.lag);
    },
    onRetry({ topic }: TopicPartition) {
      metrics.serviceRetries.inc({ service, topic });
    },
    onLost({ topic, partition }: TopicPartition) {
      metrics.serviceLag.remove({ service, topic, partition });
    },
  };
}
