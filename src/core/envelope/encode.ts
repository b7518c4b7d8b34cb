import type { Event } from '../event.js';
import type { Topic } from '../ids.js';
import type { NewRecord } from '../record.js';
import { JSON_CODEC } from '../schema-codec.js';
import { DEFAULT_FORMAT, type TopicFormat } from '../topic-format.js';
import { OUTBOX_HEADERS } from './debezium.js';
import { readOnlyReason } from './read-only.js';
import { recordKey } from './record-key.js';
import { nameOfType } from './type-names.js';

/**
 * Encodes an event as a record of a topic: as CloudEvents in Kafka's binary content mode, with attributes in headers and
 * data in the value. Other envelopes change the value, or add the headers that their readers look for. Trace context is
 * in the headers of W3C Trace Context.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md section 3.2
 * @throws {KeyFormatError} when the subject is not a key of the format
 * @throws {Error} when nothing can be published to the topic, or the codec throws
 */
export function encodeEvent(topic: Topic, event: Event, format: TopicFormat = DEFAULT_FORMAT): NewRecord {
  const { codec = JSON_CODEC, kind, typeNames } = format;
  const readOnly = readOnlyReason(topic, format);
  if (readOnly !== undefined) throw new Error(`${readOnly.problem} ${readOnly.hint}`);
  const name = nameOfType(event.type, typeNames);
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: name,
    ce_time: event.time,
    'content-type': codec.contentType,
  };
  if (event.subject !== null) headers['ce_subject'] = event.subject;
  if (event.correlationId !== undefined) headers['ce_correlationid'] = event.correlationId;
  if (event.causationId !== undefined) headers['ce_causationid'] = event.causationId;
  if (event.idempotent === true) headers['ce_idempotent'] = 'true';
  if (event.traceparent !== undefined) headers['traceparent'] = event.traceparent;
  if (event.tracestate !== undefined) headers['tracestate'] = event.tracestate;
  if (typeNames?.source.kind === 'header') headers[typeNames.source.name] = name;
  if (kind === 'DEBEZIUM_OUTBOX') {
    headers[OUTBOX_HEADERS.id] = event.id;
    headers[OUTBOX_HEADERS.type] = name;
  }
  const data = event.data && codec.encode(event.type, event.data);
  const value = data !== null && kind === 'CONNECT' && format.codec === undefined ? connectValue(data) : data;
  const key = event.subject === null ? null : recordKey(format, event.subject);
  return { topic, key, headers, value };
}

/** JSON without a schema, as Connect's JsonConverter reads it with `schemas.enable=true`. */
function connectValue(data: Buffer): Buffer {
  return Buffer.concat([CONNECT_START, data, CONNECT_END]);
}

const CONNECT_START = Buffer.from('{"schema":null,"payload":');
const CONNECT_END = Buffer.from('}');
