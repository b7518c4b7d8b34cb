import { bytesOfText, isWellFormed, textOfBytes } from '../../core/byte-text.js';
import { offset } from '../../core/ids.js';
import { type Header, headersFrom, headersOf, type LogRecord, type NewRecord } from '../../core/record.js';
import type { StoredHeaders, StoredRecord, StoredText } from './tables.js';

/** A record as the store keeps it. */
export function storedRecord(timestamp: number, record: NewRecord): StoredRecord {
  return [timestamp, storedText(record.key), storedHeaders(record), record.value];
}

/** A record of the store as it was appended. */
export function logRecord(at: number, [timestamp, key, headers, value]: StoredRecord): LogRecord {
  const list = Array.isArray(headers)
    ? headersFrom(headers.map(([name, text]): Header => [textOf(name), text === null ? null : textOf(text)]))
    : { headers };
  return { offset: offset(at), timestamp, key: key === null ? null : textOf(key), ...list, value };
}

function storedHeaders({ headers, headerList }: NewRecord): StoredHeaders {
  const isText = ([name, text]: Header): boolean =>
    isWellFormed(name) && (text === null || isWellFormed(text));
  if (headerList === undefined && Object.entries(headers).every(isText)) return { ...headers };
  return headersOf({ headers, headerList }).map(([name, text]) => [storedText(name), storedText(text)]);
}

function storedText(text: string): StoredText;
function storedText(text: string | null): StoredText | null;
function storedText(text: string | null): StoredText | null {
  return text === null || isWellFormed(text) ? text : bytesOfText(text);
}

function textOf(stored: StoredText): string {
  return typeof stored === 'string' ? stored : textOfBytes(stored);
}
