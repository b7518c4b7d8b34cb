import { offset } from '../../core/ids.js';
import type { Position } from '../../core/position.js';
import { headersOf, type LogRecord } from '../../core/record.js';
import type { RecordDecoder } from '../../core/record-decoder.js';
import { type EventLog, OffsetOutOfRange } from '../../ports/event-log.js';
import { shownTime } from './shown.js';

/** S4: how much of a record is shown. */
const MAX_DATA_CHARS = 256 * 1024;
const MAX_HEX_BYTES = 512;
const MAX_HEADERS = 100;
const MAX_HEADER_CHARS = 4_096;

/** `LifeRecord` of the schema. `null`: the log has no record there. */
export async function readRecord(
  log: Pick<EventLog, 'read' | 'bounds'>,
  decoder: RecordDecoder,
  at: Position,
  signal: AbortSignal,
) {
  const record = await recordAt(log, at, signal);
  if (record === undefined) return null;
  await decoder.prepare(at.topic, [record], signal);
  const decoded = decoder.decode(record, at);
  const { value, timestamp, key } = record;
  const headers = headersOf(record)
    .slice(0, MAX_HEADERS)
    .map(([name, text]) => ({ name, value: text?.slice(0, MAX_HEADER_CHARS) ?? null }));
  const about = { time: shownTime(timestamp), headers, bytes: value === null ? null : value.length };
  if (decoded.ok) {
    const { data, subject } = decoded.event;
    return { ...about, key: subject, ...cut(data?.toString() ?? null, true), problem: null };
  }
  return { ...about, key, ...textOf(value), problem: decoded.reason };
}

async function recordAt(
  log: Pick<EventLog, 'read' | 'bounds'>,
  at: Position,
  signal: AbortSignal,
): Promise<LogRecord | undefined> {
  const bounds = (await log.bounds(at.topic, signal))[at.partition];
  if (bounds === undefined || at.offset < bounds.earliest || at.offset >= bounds.end) return undefined;
  try {
    const range = { ...at, from: at.offset, until: offset(at.offset + 1) };
    for await (const { records } of log.read(range, signal)) {
      const found = records.find((record) => record.offset === at.offset);
      if (found !== undefined) return found;
    }
  } catch (error) {
    // Retention was quicker.
    if (!(error instanceof OffsetOutOfRange)) throw error;
  }
  return undefined;
}

/** Of a record that is no event: its text, or the bytes of what is none. */
function textOf(value: Buffer | null) {
  if (value === null) return cut(null, false);
  try {
    return cut(new TextDecoder('utf-8', { fatal: true }).decode(value), false);
  } catch {
    const shown = value.subarray(0, MAX_HEX_BYTES);
    return { data: shown.toString('hex'), isCut: shown.length < value.length, isJson: false };
  }
}

function cut(text: string | null, isJson: boolean) {
  const data = text?.slice(0, MAX_DATA_CHARS);
  const isCut = data !== text;
  return { data, isCut, isJson: isJson && !isCut };
}
