import type { Event } from '../core/event.js';
import type { LogRecord } from '../core/record.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import type { ServiceEvent } from './service.js';

/**
 * Translates an event that `decoder` has decoded into what services and views are given.
 * @throws {RangeError} when its data is nested too deeply to be read exactly
 */
export function toServiceEvent(
  event: Event,
  { timestamp }: LogRecord,
  topic: string,
  decoder: RecordDecoder,
): ServiceEvent {
  const { id, source, type, time, correlationId, subject } = event;
  const data = decoder.dataOf(event);
  return { id, topic, source, type, key: subject, time, timestamp, correlationId, data };
}
