import type { Partitioner } from '../core/partitioner.js';
import { type Position, partitionName, positionName, type TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import { fieldsOf, type LoggedEvent, type Logger } from './log.js';
import type { Metrics } from './metrics.js';
import type { WarningThrottle } from './warning-throttle.js';

/** Reports the batches of a service: all of them as metrics, and failures in the log as well. */
export function serviceReports(
  { name: service }: { readonly name: string },
  metrics: Metrics,
  logger: Logger,
  warnings: WarningThrottle,
) {
  /** The topics of which an input was set aside: further ones are only counted. */
  const alarmed = new Set<string>();
  /** The topics of which a misplaced input was reported. */
  const misplaced = new Set<string>();
  /**
   * What a handler has thrown. It is reported with its event first (`onFailure`), and then fails the batch
   * (`onRetry`): the second report must not log it again as a failed commit.
   */
  const reported = new WeakSet<object>();
  return {
    /** A batch is about to be handled: a slow one shows as lag, and not only once it is done. */
    onReceived({ topic, partition }: TopicPartition, lag: number) {
      metrics.serviceLag.set({ service, topic, partition }, lag);
    },
    /** A batch was handled and committed. */
    onHandled({ topic, partition }: TopicPartition, done: { readonly events: number; readonly lag: number }) {
      metrics.serviceEvents.inc({ service, topic }, done.events);
      metrics.serviceLag.set({ service, topic, partition }, done.lag);
    },
    /** The handler threw for `event`. */
    onFailure(at: Position, event: LoggedEvent, error: unknown) {
      metrics.problems.inc({ kind: 'service' });
      metrics.serviceFailures.inc({ service });
      if (typeof error === 'object' && error !== null) reported.add(error);
      const fields = { service, ...fieldsOf(event), at: positionName(at) };
      const kind = `service ${service} on ${partitionName(at)}`;
      warnings.report(kind, error, 'a service failed on an event; its batch is retried', fields);
    },
    /** A batch failed, because of the handler or the log, and is delivered again. */
    onRetry(at: TopicPartition, { error, lag }: { readonly error: unknown; readonly lag: number }) {
      const { topic, partition } = at;
      metrics.serviceRetries.inc({ service, topic });
      // Without this the lag would stay as it was before the failure, while the partition waits and the topic grows.
      metrics.serviceLag.set({ service, topic, partition }, lag);
      if (typeof error === 'object' && error !== null && reported.has(error)) return;
      metrics.problems.inc({ kind: 'service' });
      const message = 'the output of a service could not be committed; its batch is retried';
      const kind = `commit of service ${service} on ${partitionName(at)}`;
      warnings.report(kind, error, message, { service, topic, partition });
    },
    /** D10: an input became a dead letter. An alarm: somebody has to look at it. */
    onSetAside(at: Position, err: unknown) {
      metrics.serviceDeadLetters.inc({ service });
      metrics.deadLetters.inc({ topic: at.topic });
      if (alarmed.has(at.topic)) return;
      alarmed.add(at.topic);
      logger.error(
        { service, at: positionName(at), err },
        'a service failed on an input for good: it is a dead letter now; further ones of this topic are only counted',
      );
    },
    /** An alarm: the states of these keys may lack events, and nothing but their producers can mend that. */
    onMisplaced(
      at: TopicPartition,
      records: readonly LogRecord[],
      { partitioner }: { readonly partitioner: Partitioner },
    ) {
      const { topic } = at;
      metrics.serviceMisplaced.inc({ service, topic }, records.length);
      const [first] = records;
      if (first === undefined || misplaced.has(topic)) return;
      misplaced.add(topic);
      logger.error(
        { service, at: positionName({ ...at, offset: first.offset }), key: first.key, partitioner },
        `a record of ${topic} does not lie where ${partitioner} puts its key. The service keeps a state of a key in each ` +
          'partition, so if its records lie in several partitions, each state lacks events of the others. Let all ' +
          'producers of the topic use one partitioner, and declare it with @topic; `millrace check --live` says which ' +
          'one fits, and which keys lie in several partitions. Further records are only counted.',
      );
    },
    /** The partition is assigned to another member: its lag is no longer known here. */
    onLost({ topic, partition }: TopicPartition) {
      metrics.serviceLag.remove({ service, topic, partition });
    },
  };
}
