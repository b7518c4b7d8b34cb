import type { TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import type { FoundEvent } from './lineage.js';

/** @returns `undefined` for a record that is no event */
export function foundEvent(
  record: LogRecord,
  at: TopicPartition,
  decoder: RecordDecoder,
): FoundEvent | undefined {
  const decoded = decoder.decode(record, at);
  if (!decoded.ok) return undefined;
  const { id, source, type, subject: key, correlationId, causationId, traceparent } = decoded.event;
  const position = { topic: at.topic, partition: at.partition, offset: record.offset };
  const { timestamp } = record;
  return { ...position, id, source, type, key, timestamp, correlationId, causationId, traceparent };
}
