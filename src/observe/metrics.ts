import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { FieldCounter } from './field-counter.js';

/** The upper bounds of the buckets of `deliveryLatency`, in seconds. */
export const DELIVERY_BUCKETS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
] as const;

/** How far something is behind in one partition, in offsets. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly lag: number;
}

/**
 * Every metric, under its Prometheus name. One instance for each node: nothing is registered globally, so several
 * nodes can run in one process (as tests do).
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
    'Mutations that failed to publish, or whose result is unknown, by error code',
    ['code'],
  );
  readonly publishBatches = this.#counter(
    'millrace_publish_batches_total',
    'Requests to the log that carried published events',
  );
  readonly publishWaiting = this.#gauge(
    'millrace_publish_waiting_events',
    'Events that are queued for publishing',
  );

  readonly relayed = this.#counter(
    'millrace_relayed_events_total',
    'Events that were relayed to the fan-out',
    ['topic'],
  );
  readonly relayDuplicates = this.#counter(
    'millrace_relay_duplicates_total',
    'Relayed events that the fan-out already had',
    ['topic'],
  );
  readonly relayLag = this.#gauge(
    'millrace_relay_lag_offsets',
    'Offsets of a partition that are not relayed, as of the last batch that the relay has read, with that batch until it is relayed; only for assigned partitions',
    undefined,
    ['topic', 'partition'],
  );
  readonly relayFenced = this.#counter(
    'millrace_relay_fenced_total',
    'Writes of a relay that were refused: another relay claimed the partition, Redis was wiped, or the relay had no claim',
    ['topic'],
  );
  readonly invalid = this.#counter('millrace_invalid_records_total', 'Records that are not valid events', [
    'topic',
    'kind',
  ]);
  readonly metadataLeftOut = this.#counter(
    'millrace_metadata_left_out_total',
    'Headers of records that were left out of the event, or shortened, because they are invalid or too long',
    ['topic', 'header'],
  );
  readonly notShown = this.#counter(
    'millrace_not_shown_events_total',
    'Relayed events whose type no field shows, by type: the first 20 of each topic, then `(other)`',
    ['topic', 'type'],
  );
  readonly misplaced = this.#counter(
    'millrace_misplaced_records_total',
    "Records that do not lie in the partition of their key, by the topic's partitioner",
    ['topic'],
  );
  readonly deadLetters = this.#counter(
    'millrace_dead_letters_total',
    'Records written to a dead-letter topic',
    ['topic'],
  );
  readonly deadLettersRefused = this.#counter(
    'millrace_dead_letters_refused_total',
    'Failed events that were not written to a dead-letter topic because too many are queued',
    ['topic'],
  );

  readonly serviceEvents = this.#counter('millrace_service_events_total', 'Events that a service handled', [
    'service',
    'topic',
  ]);
  readonly serviceFailures = this.#counter(
    'millrace_service_failures_total',
    'Failures of the handler of a service, counted once for each attempt',
    ['service'],
  );
  readonly serviceRetries = this.#counter(
    'millrace_service_retries_total',
    'Batches of a service that are retried after a failure of its handler or of the log',
    ['service', 'topic'],
  );
  readonly serviceDeadLetters = this.#counter(
    'millrace_service_dead_letters_total',
    'Inputs of a service that became dead letters because it failed on them, or because their output can never be committed',
    ['service'],
  );
  readonly serviceMisplaced = this.#counter(
    'millrace_service_misplaced_records_total',
    'Inputs of a service with state that do not lie in the partition of their key: the key may have a state in each of several partitions',
    ['service', 'topic'],
  );
  readonly serviceLag = new Gauge({
    name: 'millrace_service_lag_offsets',
    help: 'Offsets of a partition that a service has not handled, as of its last batch or retry, with that batch until it is handled; only for assigned partitions',
    labelNames: ['service', 'topic', 'partition'],
    registers: [this.registry],
  });

  readonly followed = this.#gauge('millrace_followed_partitions', 'Partitions that this node follows');
  readonly received = this.#counter(
    'millrace_received_events_total',
    'Events that were received from the fan-out and delivered within this node',
    ['topic'],
  );
  readonly gaps = this.#counter('millrace_gaps_total', 'Gaps detected in what the fan-out delivered', [
    'topic',
  ]);
  readonly repairs = this.#counter(
    'millrace_repairs_total',
    'Ranges that were read to repair a gap or to replay, by source',
    ['topic', 'source'],
  );

  /** Computed on each scrape. */
  connectionsNow: () => Readonly<Record<string, number>> = () => ({});
  readonly connections = this.#labelled(
    'millrace_connections',
    'Open WebSockets and event streams, by transport',
    'transport',
    'sum',
    () => this.connectionsNow(),
  );
  readonly subscriptions = this.#gauge('millrace_subscriptions', 'Active subscriptions');
  /** Computed on each scrape. */
  consoleConnectionsNow: () => Readonly<Record<string, number>> = () => ({});
  readonly consoleConnections = this.#labelled(
    'millrace_console_connections',
    'Open WebSockets and event streams of the console, by transport; millrace_connections does not count them',
    'transport',
    'sum',
    () => this.consoleConnectionsNow(),
  );
  readonly consoleSubscriptions = this.#gauge(
    'millrace_console_subscriptions',
    'Active subscriptions of the console; millrace_subscriptions does not count them',
  );
  readonly cohorts = this.#gauge('millrace_cohorts', 'Groups of subscriptions that share their results');
  readonly executions = new FieldCounter(
    this.registry,
    'millrace_executions_total',
    'Executions: one for each event and matching cohort',
  );
  readonly deliveries = new FieldCounter(
    this.registry,
    'millrace_deliveries_total',
    'Results delivered to transports',
  );
  readonly live = this.#gauge(
    'millrace_live_subscriptions',
    'Subscriptions that have reached the position of this node',
  );
  readonly behind = this.#gauge(
    'millrace_replaying_subscriptions',
    'Subscriptions that are behind this node: replaying, or waiting until their client reads',
  );
  readonly conflated = this.#counter(
    'millrace_conflated_events_total',
    'Events that slow clients did not receive because a newer event replaced them (CONFLATE)',
    ['field'],
  );
  readonly resyncs = this.#counter(
    'millrace_resyncs_total',
    'Subscriptions that ended with RESYNC_REQUIRED because events after their position are gone, by reason',
    ['reason'],
  );
  readonly subscriptionsEnded = this.#counter(
    'millrace_subscriptions_ended_total',
    'Subscriptions that ended, by reason: `closed` by the client or its connection, `completed`, or the code of the error that ended them',
    ['reason'],
  );
  /** Computed on each scrape, as `subscriptionLagNow`. */
  nodeLagNow: () => readonly PartitionLag[] = () => [];
  readonly nodeLag = this.#lag(
    'millrace_node_lag_offsets',
    'Offsets of a followed partition that this node knows of and has not given to its subscriptions yet: a gap that it repairs, or a burst',
    () => this.nodeLagNow(),
  );
  subscriptionLagNow: () => readonly PartitionLag[] = () => [];
  readonly subscriptionLag = this.#lag(
    'millrace_subscription_lag_offsets',
    'Offsets from the position of this node to that of the subscription that is furthest behind it; only for partitions that a subscription replays',
    () => this.subscriptionLagNow(),
  );
  readonly slowClients = this.#gauge(
    'millrace_slow_clients',
    'Connections with more unsent bytes than the high-water mark',
  );
  /** Computed on each scrape: updating a gauge at every write would cost more than the figure is worth. */
  slowBytesNow: () => number = () => 0;
  readonly slowBytes = this.#gauge('millrace_slow_bytes', 'Unsent bytes of slow connections', () =>
    this.slowBytesNow(),
  );
  readonly slowDisconnects = this.#counter(
    'millrace_slow_disconnects_total',
    'Connections closed because they read nothing for too long (`timeout`) or too much is unread (`bytes`), and subscriptions ended by `onSlow` (`policy`)',
    ['why'],
  );
  readonly deliveryLatency = new Histogram({
    name: 'millrace_delivery_latency_seconds',
    help: "From the log's timestamp of a live event to the delivery of its last result to a transport; observed once for each event, and once for each subscription that replays it",
    buckets: [...DELIVERY_BUCKETS_S],
    registers: [this.registry],
  });

  readonly viewEvents = this.#counter('millrace_view_events_total', 'Events that were folded into a view', [
    'view',
  ]);
  readonly viewDeadLetters = this.#counter(
    'millrace_view_dead_letters_total',
    'Events that became dead letters because a view failed to fold them',
    ['view'],
  );
  readonly viewLag = this.#gauge(
    'millrace_view_lag_records',
    'Records between what is folded into a view and the end of the partition, as of its last batch',
    undefined,
    ['view', 'topic', 'partition'],
  );
  readonly refused = this.#counter(
    'millrace_refused_total',
    'Requests and connections refused for safety: invalid, expired or missing credentials, a foreign origin or host',
    ['reason'],
  );
  /** Asked on each scrape. */
  checksNow: () => Promise<Readonly<Record<string, number>>> = () => Promise.resolve({});
  readonly ready = this.#labelled(
    'millrace_ready',
    'Whether a check of /readyz passes (1) or fails (0): `log`, `fanout`, `store`, `registry`, `credentials`, `access`',
    'check',
    'min',
    () => this.checksNow(),
  );
  readonly refusals = new Gauge({
    name: 'millrace_refusals',
    help: 'What the log, the fan-out, the state store or the schema registry refuses this process until somebody mends it, by kind: a right (`authorization`), a user or password (`authentication`), a `certificate`, or a `protocol`',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  readonly problems = this.#counter(
    'millrace_problems_total',
    'Failures of the log, the fan-out, the state store, the schema registry or the project, by kind',
    ['kind'],
  );

  /** @param timestamp the log's timestamp of the delivered event, in milliseconds since 1970 */
  observeDelivery(timestamp: number): void {
    this.deliveryLatency.observe(Math.max(0, (Date.now() - timestamp) / 1000));
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** @param aggregator what the value of several workers is */
  #labelled(
    name: string,
    help: string,
    label: string,
    aggregator: 'sum' | 'min',
    now: () => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>,
  ): Gauge {
    const registers = [this.registry];
    return new Gauge({
      name,
      help,
      registers,
      labelNames: [label],
      aggregator,
      async collect() {
        for (const [value, count] of Object.entries(await now())) this.set({ [label]: value }, count);
      },
    });
  }

  #lag(name: string, help: string, now: () => readonly PartitionLag[]): Gauge<'topic' | 'partition'> {
    return new Gauge({
      name,
      help,
      labelNames: ['topic', 'partition'],
      registers: [this.registry],
      collect() {
        // A partition that is no longer followed, or that nobody replays, has no value.
        this.reset();
        for (const { topic, partition, lag } of now()) this.set({ topic, partition }, lag);
      },
    });
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
