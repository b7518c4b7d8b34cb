import { type Event, REPEATED_DELETE_TYPE, UNKNOWN_TYPE } from '../event.js';
import { metadataOf } from '../event-metadata.js';
import { eventId } from '../ids.js';
import { partitionName, type TopicPartition } from '../position.js';
import type { LogRecord } from '../record.js';
import { eventIdOf, identifierOf, recordTraceparent, recordTracestate } from '../record-metadata.js';
import type { TopicFormat } from '../topic-format.js';
import { type EventParts, indexedOf, timeOf } from './attributes.js';
import { type Decoded, fault, type Unwrapped } from './envelope.js';
import { namedBy, typeNamed } from './type-names.js';

/** What a record without the attributes of a CloudEvent says of its event. */
export type PlainParts = EventParts & Omit<Unwrapped, keyof EventParts>;

/** The event of a record without the attributes of a CloudEvent. */
export function fromPosition(
  record: LogRecord,
  parts: PlainParts,
  format: TopicFormat,
  at: TopicPartition,
): Decoded {
  const { subject, data, bytes, timestamp, mapped } = parts;
  const id = mapped?.id ?? parts.id;
  const type = typeOf(record, parts, format);
  if (type === undefined) return fault('type', `the record does not name its type: ${whereTypeIs(format)}`);
  const given = { traceparent: record.headers['traceparent'], tracestate: record.headers['tracestate'] };
  const correlationId = identifierOf(mapped?.correlationid);
  const traceparent = recordTraceparent(given.traceparent);
  const tracestate = recordTracestate(given.tracestate, traceparent);
  const event: Event = {
    // Without an id of its own, a record's identity is its position, which is unique within the source.
    id: eventId(id === undefined ? `${partitionName(at)}/${record.offset}` : eventIdOf(id)),
    source: `/topics/${at.topic}`,
    type,
    subject,
    time: mapped?.time ?? timeOf(timestamp ?? record.timestamp),
    correlationId,
    traceparent,
    tracestate,
    indexed: indexedOf(data, format),
    metadata: format.carried && metadataOf(record.headers, format.carried),
    data: bytes,
  };
  const isAltered =
    traceparent !== given.traceparent ||
    tracestate !== given.tracestate ||
    correlationId !== mapped?.correlationid ||
    (id !== undefined && id !== event.id);
  const correlation = { correlationId: mapped?.correlationid };
  return {
    ok: true,
    event,
    leftOut: isAltered ? leftOut({ ...given, ...correlation, id }, event) : undefined,
  };
}

/** By the names of their headers. `id`: of the outbox, whose header has this name. `correlationId`: of `@topic(event:)`. */
function leftOut(
  given: Readonly<Record<'id' | 'traceparent' | 'tracestate' | 'correlationId', string | undefined>>,
  event: Event,
) {
  return (['id', 'traceparent', 'tracestate', 'correlationId'] as const).filter(
    (name) => given[name] !== undefined && given[name] !== event[name],
  );
}

/** `undefined`: the record should name its type, and does not. */
function typeOf(
  record: LogRecord,
  { data, bytes, typeName, mapped }: PlainParts,
  format: TopicFormat,
): string | undefined {
  const { kind, typeNames, type } = format;
  // Published events have `ce_type` in every envelope: a schema of Connect's has no name there, and data may lack the field.
  const found = mapped?.type ?? typeName ?? (record.headers['ce_type'] || undefined);
  const name = typeNames === undefined ? undefined : (namedBy(typeNames, record, data) ?? found);
  if (name !== undefined) return typeNamed(name, typeNames);
  if (bytes !== null) return type;
  // Any producer writes a key without a value to delete it from a compacted topic: a tombstone.
  return kind === 'DEBEZIUM' ? REPEATED_DELETE_TYPE : (type ?? UNKNOWN_TYPE);
}

function whereTypeIs({ typeNames, kind }: TopicFormat): string {
  const source = typeNames?.source;
  if (source?.kind === 'header') return `it has no header ${source.name}`;
  if (source?.kind === 'field') return `its data has no text in the field ${source.name}`;
  return `nothing in its envelope (${kind}) does`;
}
