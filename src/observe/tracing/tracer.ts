import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { Event, Relayed } from '../../core/event.js';
import type { Topic } from '../../core/ids.js';
import type { Position, TopicPartition } from '../../core/position.js';
import type { NewRecord } from '../../core/record.js';
import { childTraceparent, isSampled, type TraceContext, traceIds } from '../../core/trace.js';
import { BatchSpans } from './batch-spans.js';
import { ATTRIBUTES, OPERATION_TYPES, positionAttributes, spanName } from './conventions.js';
import { TracedSpan } from './traced-span.js';

/** `messaging.system` of the log and of the fan-out. */
export interface TracedSystems {
  readonly log: string;
  readonly fanout: string;
}

/** C4: a batch may carry thousands of sampled events. More links than the SDK keeps by default would be made for nothing. */
const MAX_LINKS = 128;

/**
 * Creates the spans of an event's path. Where tracing is off there is no tracer, and nothing is checked or allocated.
 *
 * The sampler decides once, where a trace begins: at the mutation, or at its caller. From then on the `traceparent` of
 * each event carries the decision, and an event that is not sampled costs a look at one character (bench: telemetry).
 *
 * A batch has one span for each trace in it, with a link to each of that trace's events: every trace is complete by
 * itself, and no step makes a span for each event of a batch or for each subscriber.
 */
export class EventTracer {
  readonly #tracer: Tracer;
  readonly #systems: TracedSystems;

  constructor(provider: TracerProvider, systems: TracedSystems) {
    this.#tracer = provider.getTracer('millrace');
    this.#systems = systems;
  }

  /**
   * A mutation. It continues the trace of its caller, or begins one. Hot path (bench: telemetry): most mutations are not
   * sampled, and nothing is described for them.
   */
  mutation({ traceparent, correlationId }: TraceContext, nameOf: () => string | undefined): StartedTrace {
    const started = this.#tracer.startSpan('mutation', SERVER, contextOf(traceparent));
    const span = new TracedSpan(started);
    if (!started.isRecording()) return { traceparent: span.traceparent };
    const name = nameOf();
    started.setAttributes({
      [ATTRIBUTES.operationKind]: 'mutation',
      [ATTRIBUTES.conversationId]: correlationId,
      ...(name !== undefined && { [ATTRIBUTES.operation]: name }),
    });
    return { traceparent: span.traceparent, span };
  }

  /**
   * The creation of an event, whose `traceparent` the event carries from here on.
   * @param parent of the mutation, or of the service's work; `undefined`: the event begins a trace
   */
  create(topic: Topic, event: TracedEvent, parent: string | undefined): StartedTrace {
    if (parent !== undefined && !isSampled(parent)) return { traceparent: childTraceparent(parent) };
    const attributes = {
      ...this.#ofEvent(event),
      ...operation(this.#systems.log, topic, 'create', OPERATION_TYPES.create),
    };
    const span = this.#start(spanName('create', topic), SpanKind.PRODUCER, attributes, parent);
    return { traceparent: span.traceparent, span };
  }

  /** One request to the log with these records. */
  send(records: readonly NewRecord[]): BatchSpans | undefined {
    const parents = traceparentsOf(records);
    const [first] = records;
    if (parents === undefined || first === undefined) return undefined;
    const topics = new Set(records.map(({ topic }) => topic));
    // A request may go to several topics. The convention has room for one.
    const destination = topics.size === 1 ? first.topic : 'several topics';
    const attributes = {
      ...operation(this.#systems.log, destination, 'send', OPERATION_TYPES.send),
      [ATTRIBUTES.batchCount]: records.length,
    };
    return new BatchSpans(this.#batch(spanName('send', destination), SpanKind.CLIENT, attributes, parents));
  }

  /** One atomic step of the relay: events of a partition, from the log into the fan-out. */
  relay(
    { topic, partition }: TopicPartition,
    group: string | undefined,
    events: readonly Relayed[],
  ): BatchSpans | undefined {
    const parents = traceparentsOfEvents(events);
    if (parents === undefined) return undefined;
    const common = { [ATTRIBUTES.partition]: String(partition), [ATTRIBUTES.batchCount]: events.length };
    const attributes = {
      ...operation(this.#systems.log, topic, 'relay', OPERATION_TYPES.process),
      ...common,
      ...(group !== undefined && { [ATTRIBUTES.consumerGroup]: group }),
    };
    const relayed = this.#batch(spanName('relay', topic), SpanKind.CONSUMER, attributes, parents);
    const sending = {
      ...operation(this.#systems.fanout, topic, 'publish', OPERATION_TYPES.send),
      ...common,
    };
    const name = spanName('publish', topic);
    const published = relayed.map((span) => this.#start(name, SpanKind.PRODUCER, sending, span.traceparent));
    return new BatchSpans([...published, ...relayed]);
  }

  /** A service handles an event. The events that it returns are children of this span. */
  handle(at: Position, event: Event, service: string, group: string | undefined): TracedSpan | undefined {
    if (!isSampled(event.traceparent)) return undefined;
    const attributes = {
      ...this.#ofEvent(event),
      ...positionAttributes(at),
      ...operation(this.#systems.log, at.topic, 'handle', OPERATION_TYPES.process),
      [ATTRIBUTES.service]: service,
      ...(group !== undefined && { [ATTRIBUTES.consumerGroup]: group }),
    };
    return this.#start(spanName('handle', at.topic), SpanKind.CONSUMER, attributes, event.traceparent);
  }

  /** C1: one cohort of this node renders an event and delivers it, however many clients take it. */
  deliver(at: TopicPartition, { offset, event }: Relayed, field: string): TracedSpan {
    const attributes = {
      ...this.#ofEvent(event),
      ...positionAttributes({ ...at, offset }),
      ...operation(this.#systems.fanout, at.topic, 'deliver', OPERATION_TYPES.process),
      [ATTRIBUTES.field]: field,
    };
    return this.#start(spanName('deliver', at.topic), SpanKind.CONSUMER, attributes, event.traceparent);
  }

  #ofEvent({ id, type, source, correlationId }: TracedEvent): Attributes {
    return {
      [ATTRIBUTES.messageId]: id,
      [ATTRIBUTES.eventType]: type,
      [ATTRIBUTES.eventSource]: source,
      ...(correlationId !== undefined && { [ATTRIBUTES.conversationId]: correlationId }),
    };
  }

  #batch(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    parents: readonly string[],
  ): readonly TracedSpan[] {
    const traces = new Map<string, string[]>();
    for (const parent of parents) {
      const { traceId } = traceIds(parent);
      const known = traces.get(traceId);
      if (known === undefined) traces.set(traceId, [parent]);
      else if (known.length < MAX_LINKS) known.push(parent);
    }
    return [...traces.values()].map((of) => {
      const links: Link[] = of.map((parent) => ({ context: spanContext(parent) }));
      return this.#start(name, kind, attributes, of[0], links);
    });
  }

  #start(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    parent: string | undefined,
    links: Link[] = [],
  ): TracedSpan {
    return new TracedSpan(this.#tracer.startSpan(name, { kind, attributes, links }, contextOf(parent)));
  }
}

/** The attributes of an event: never its key or data, which may be personal. */
type TracedEvent = Pick<Event, 'id' | 'type' | 'source' | 'correlationId'>;

/** The trace of a mutation or of a new event, and its span if it is sampled. */
export interface StartedTrace {
  readonly traceparent: string;
  readonly span?: TracedSpan;
}

/** Shared by all mutations: the SDK only reads it. */
const SERVER: SpanOptions = { kind: SpanKind.SERVER };

const operation = (system: string, destination: string, name: string, type: string): Attributes => ({
  [ATTRIBUTES.system]: system,
  [ATTRIBUTES.destination]: destination,
  [ATTRIBUTES.operationName]: name,
  [ATTRIBUTES.operationType]: type,
});

/** `undefined` when none of the records is sampled: most batches. */
function traceparentsOf(records: readonly NewRecord[]): readonly string[] | undefined {
  let sampled: string[] | undefined;
  for (const { headers } of records) {
    const { traceparent } = headers;
    if (!isSampled(traceparent)) continue;
    sampled ??= [];
    sampled.push(traceparent);
  }
  return sampled;
}

function traceparentsOfEvents(events: readonly Relayed[]): readonly string[] | undefined {
  let sampled: string[] | undefined;
  for (const { event } of events) {
    if (!isSampled(event.traceparent)) continue;
    sampled ??= [];
    sampled.push(event.traceparent);
  }
  return sampled;
}

function contextOf(traceparent: string | undefined): Context {
  return traceparent === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, spanContext(traceparent));
}

const spanContext = (traceparent: string): SpanContext => ({
  ...traceIds(traceparent),
  traceFlags: isSampled(traceparent) ? 1 : 0,
  isRemote: true,
});
