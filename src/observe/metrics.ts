import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { FieldCounter } from './field-counter.js';

/**
 * Everything that is measured, under its Prometheus name, in one place. One instance per process part;
 * nothing is registered globally, so several nodes can live in one process.
 */
export class Metrics {
  readonly registry = new Registry();

  readonly published = this.#counter(
    'millrace_published_events_total',
    'Events that mutations put into the log',
    ['topic'],
  );
  readonly publishFailures = this.#counter(
    'millrace_publish_failures_total',
    'Mutations whose event was not, or perhaps not, written',
    ['code'],
  );
  readonly publishBatches = this.#counter(
    'millrace_publish_batches_total',
    'Requests to the log that carried published events',
  );
  readonly publishWaiting = this.#gauge(
    'millrace_publish_waiting_events',
    'Events that wait to be published',
  );

  readonly relayed = this.#counter('millrace_relayed_events_total', 'Events passed on to the fan-out', [
    'topic',
  ]);
  readonly relayDuplicates = this.#counter(
    'millrace_relay_duplicates_total',
    'Events that the fan-out had already',
    ['topic'],
  );
  readonly relayFenced = this.#counter(
    'millrace_relay_fenced_total',
    'Writes refused because another relay has the partition',
    ['topic'],
  );
  readonly invalid = this.#counter('millrace_invalid_records_total', 'Records that are not valid events', [
    'topic',
    'kind',
  ]);
  readonly deadLetters = this.#counter(
    'millrace_dead_letters_total',
    'Records written to a dead-letter topic',
    ['topic'],
  );
  readonly deadLettersRefused = this.#counter(
    'millrace_dead_letters_refused_total',
    'Events that a field failed on and that were not set aside because too many wait',
    ['topic'],
  );

  readonly serviceEvents = this.#counter('millrace_service_events_total', 'Events that a service handled', [
    'service',
    'topic',
  ]);
  readonly serviceFailures = this.#counter(
    'millrace_service_failures_total',
    'Events on which the handler of a service failed, once for each try',
    ['service'],
  );
  readonly serviceRetries = this.#counter(
    'millrace_service_retries_total',
    'Batches of a service that are given again after a pause, because of its handler or the log',
    ['service', 'topic'],
  );
  readonly serviceLag = new Gauge({
    name: 'millrace_service_lag_offsets',
    help: 'Offsets of a partition that a service has not reached, as of its last batch; only where it is assigned',
    labelNames: ['service', 'topic', 'partition'],
    registers: [this.registry],
  });

  readonly followed = this.#gauge('millrace_followed_partitions', 'Partitions that this node follows');
  readonly received = this.#counter(
    'millrace_received_events_total',
    'Events that reached this node and were delivered within it',
    ['topic'],
  );
  readonly gaps = this.#counter('millrace_gaps_total', 'Gaps found in what the fan-out brought', ['topic']);
  readonly repairs = this.#counter('millrace_repairs_total', 'Ranges read to close a gap or to replay', [
    'topic',
    'source',
  ]);

  readonly subscriptions = this.#gauge('millrace_subscriptions', 'Subscriptions that run');
  readonly cohorts = this.#gauge('millrace_cohorts', 'Groups of subscriptions that share their results');
  readonly executions = new FieldCounter(
    this.registry,
    'millrace_executions_total',
    'Results made: one per event and matching cohort',
  );
  readonly deliveries = new FieldCounter(
    this.registry,
    'millrace_deliveries_total',
    'Results handed to a transport',
  );
  readonly live = this.#gauge(
    'millrace_live_subscriptions',
    'Subscriptions that stand where the node stands',
  );
  readonly behind = this.#gauge(
    'millrace_replaying_subscriptions',
    'Subscriptions that are behind and replayed',
  );
  readonly conflated = this.#counter(
    'millrace_conflated_events_total',
    'Events left out for slow clients, because a newer one of their key was shown',
    ['field'],
  );
  readonly slowClients = this.#gauge(
    'millrace_slow_clients',
    'Connections for which more bytes wait than may',
  );
  /** Asked for only when the metrics are: to keep it at every write would cost more than it tells. */
  slowBytesNow: () => number = () => 0;
  readonly slowBytes = this.#gauge('millrace_slow_bytes', 'Bytes that wait for these connections', () =>
    this.slowBytesNow(),
  );
  readonly slowDisconnects = this.#counter(
    'millrace_slow_disconnects_total',
    'Connections that took nothing for too long (`timeout`), and subscriptions ended by `onSlow` (`policy`)',
    ['why'],
  );
  readonly deliveryLatency = new Histogram({
    name: 'millrace_delivery_latency_seconds',
    help: "From the log's timestamp of an event that came while it was subscribed to, to the last of its results being handed to transports; once for each event, and for each subscription that replays it",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });

  readonly viewEvents = this.#counter('millrace_view_events_total', 'Events that were folded into views', [
    'view',
  ]);
  readonly viewLag = this.#gauge(
    'millrace_view_lag_records',
    'Records that a view has still to come to, as of its last batch',
    undefined,
    ['view', 'topic', 'partition'],
  );
  readonly problems = this.#counter(
    'millrace_problems_total',
    'Faults of what the gateway stands on, by kind',
    ['kind'],
  );

  /** @param timestamp of the event whose results were handed over, in milliseconds since 1970 */
  observeDelivery(timestamp: number): void {
    this.deliveryLatency.observe(Math.max(0, (Date.now() - timestamp) / 1000));
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #gauge(name: string, help: string, now?: () => number, labelNames: string[] = []): Gauge {
    const registers = [this.registry];
    if (now === undefined) return new Gauge({ name, help, registers, labelNames });
    return new Gauge({
      name,
      help,
      registers,
      labelNames,
      collect() {
        this.set(now());
      },
    });
  }
}
