import type { Relayed } from './event.js';
import { metadataLength } from './event-metadata.js';
import type { NewRecord } from './record.js';

/** About what the record formats of the logs add to a record and to each of its headers, in bytes. */
const RECORD_OVERHEAD_BYTES = 32;
const HEADER_OVERHEAD_BYTES = 4;

/** The size of a record in the log, in bytes: text and data exactly; framing and other bytes as an upper bound. */
export function recordBytes({
  key,
  value,
  headers,
  headerList,
}: Pick<NewRecord, 'key' | 'value' | 'headers' | 'headerList'>): number {
  let bytes = RECORD_OVERHEAD_BYTES + (value?.length ?? 0);
  if (key !== null) bytes += Buffer.byteLength(key);
  if (headerList === undefined) {
    for (const name in headers) bytes += headerBytes(name, headers[name] ?? '');
  } else for (const [name, text] of headerList) bytes += headerBytes(name, text ?? '');
  return bytes;
}

const headerBytes = (name: string, text: string): number =>
  HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(text);

/** About what an event's attributes and the objects around it take in memory, in bytes. */
const EVENT_OVERHEAD_BYTES = 400;

/** The size of an event in memory, in bytes: its data exactly, the rest as a fair guess. */
export function eventBytes({ event }: Relayed): number {
  const texts = (event.subject?.length ?? 0) + metadataLength(event.metadata);
  return EVENT_OVERHEAD_BYTES + 2 * texts + (event.data?.length ?? 0);
}
