import type { Event } from '../core/event.js';
import { parseJson } from '../core/exact-json.js';
import type { LogRecord } from '../core/record.js';
import type { ServiceEvent } from './service.js';

/** Translates a decoded event into what services and views are given. */
export function toServiceEvent(event: Event, { timestamp }: LogRecord, topic: string): ServiceEvent {
  const { id, source, type, time, correlationId, subject } = event;
  return { id, topic, source, type, key: subject, time, timestamp, correlationId, data: parse(event.data) };
}

function parse(data: Buffer | null): ServiceEvent['data'] {
  // Decoding has checked that data is a JSON object, or null.
  return data === null ? null : (parseJson(data) as Readonly<Record<string, unknown>>);
}
