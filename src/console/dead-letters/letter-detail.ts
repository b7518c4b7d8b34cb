import { bytesOfText, isWellFormed } from '../../core/byte-text.js';
import { type Position, positionName } from '../../core/position.js';
import { type Header, headersOf, type NewRecord } from '../../core/record.js';
import { isoTime } from '../../core/terminal-text.js';
import type { DeadLetterEntry } from '../../dead-letters/dead-letter-topic.js';
import { UNKNOWN_FORMAT_REASON } from '../../dead-letters/groups.js';
import type { LetterReport } from '../../dead-letters/office.js';

/** S4: larger keys and values are not shown. Kafka's brokers take records of 1 MiB unless they are told otherwise. */
const MAX_SHOWN_BYTES = 1 << 20;

/** `DeadLetterDetail` of schema/console/dead-letters.graphql. */
export function detailOf(report: LetterReport): object {
  const { entry, event, test, putBack, hasCodec } = report;
  const known = entry.kind === 'FOREIGN' ? foreign(entry) : letterOf(entry.letter);
  return {
    ...known,
    hasCodec,
    data: hasCodec ? event?.data?.toString('utf8') : undefined,
    eventId: event?.id,
    correlationId: event?.correlationId,
    isIdempotent: event?.idempotent === true,
    putBack: putBack && { time: isoTime(putBack.timestamp), by: putBack.by, isEdited: putBack.isEdited },
    test,
  };
}

function foreign({ at, record }: Extract<DeadLetterEntry, { kind: 'FOREIGN' }>): object {
  return {
    id: positionName(at),
    time: isoTime(record.timestamp),
    format: 'UNKNOWN',
    kind: 'unknown',
    reason: UNKNOWN_FORMAT_REASON,
    missing: [],
    ...recordOf(record),
  };
}

function letterOf(letter: Extract<DeadLetterEntry, { kind: 'DEAD_LETTER' }>['letter']): object {
  const { at, timestamp, origin, originTimestamp, group, dropped, record, format, kind, field, service } =
    letter;
  return {
    id: positionName(at),
    time: isoTime(timestamp),
    origin: originOf(origin, originTimestamp),
    format,
    kind,
    field,
    service,
    view: letter.view,
    consumerGroup: group,
    reason: letter.reason,
    missing: [...dropped],
    ...recordOf(record),
  };
}

const originOf = (origin: Position, timestamp: number | undefined): object => ({
  ...origin,
  position: positionName(origin),
  time: timestamp === undefined ? undefined : isoTime(timestamp),
});

function recordOf(record: Omit<NewRecord, 'topic'>): object {
  const { key, value } = record;
  return {
    key: key === null ? undefined : bytes(bytesOfText(key)),
    value: value === null ? undefined : bytes(value),
    headers: headersOf(record).map(header),
  };
}

function bytes(of: Buffer): object {
  if (of.length > MAX_SHOWN_BYTES) return { bytes: of.length };
  const text = of.toString('utf8');
  const isText = Buffer.from(text).equals(of);
  return { bytes: of.length, ...(isText ? { text } : { base64: of.toString('base64') }) };
}

function header([name, value]: Header): object {
  if (value === null || isWellFormed(value)) return { name, value: value ?? undefined };
  return { name, base64: bytesOfText(value).toString('base64') };
}
