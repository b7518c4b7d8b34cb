import type { Attributes } from '@opentelemetry/api';
import type { Position } from '../../core/position.js';

/**
 * The names of OpenTelemetry's semantic conventions that spans use. Those of messaging still change between releases, so
 * nothing else in the code spells one.
 * @see https://github.com/open-telemetry/semantic-conventions/blob/v1.38.0/docs/messaging/messaging-spans.md
 */
export const ATTRIBUTES = {
  system: 'messaging.system',
  /** The topic. */
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  /** What Millrace calls the step: `relay`, `handle`, `deliver`. */
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  messageId: 'messaging.message.id',
  /** The correlation id. */
  conversationId: 'messaging.message.conversation_id',
  batchCount: 'messaging.batch.message_count',
  consumerGroup: 'messaging.consumer.group.name',
  offset: 'messaging.kafka.offset',
  eventType: 'cloudevents.event_type',
  eventSource: 'cloudevents.event_source',
  operation: 'graphql.operation.name',
  operationKind: 'graphql.operation.type',
  /** The code of an error, or the name of its class. Never its message, which may repeat data. */
  errorType: 'error.type',

  /** No convention has names for these. */
  field: 'millrace.field',
  service: 'millrace.service',
  clients: 'millrace.clients',
} as const;

/** Where an event is. */
export const positionAttributes = ({ partition, offset }: Position): Attributes => ({
  [ATTRIBUTES.partition]: String(partition),
  [ATTRIBUTES.offset]: offset,
});

/** Values of `messaging.operation.type`. */
export const OPERATION_TYPES = { create: 'create', send: 'send', process: 'process' } as const;

/** `messaging.system` of a backend in this process: of no broker, so no convention has a name for it. */
export const IN_PROCESS = 'millrace';

/** Span names are `{operation name} {destination}`. */
export const spanName = (operation: string, destination: string): string => `${operation} ${destination}`;
