import type { Event } from '../core/event.js';
import type { LogRecord } from '../core/record.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import { InputFailure } from './input-failure.js';
import type { ServiceEvent } from './service.js';

/**
 * Translates an event that `decoder` has decoded into what services and views are given.
 * @throws {InputFailure} when its data is nested too deeply to be read exactly (D10)
 */
export function toServiceEvent(
  event: Event,
  { timestamp, offset }: LogRecord,
  topic: string,
  decoder: RecordDecoder,
): ServiceEvent {
  const { id, source, type, time, correlationId, subject } = event;
  try {
    const data = decoder.dataOf(event);
    return { id, topic, source, type, key: subject, time, timestamp, correlationId, data };
  } catch (error) {
    throw new InputFailure(offset, error);
  }
}
