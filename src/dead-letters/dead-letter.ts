import { offset, partition, type Topic, topic } from '../core/ids.js';
import { type Position, placeName, type TopicPartition } from '../core/position.js';
import type { Headers, LogRecord, NewRecord } from '../core/record.js';

/** The dead-letter topic of `of`. */
export function deadLetterTopic(of: Topic): Topic {
  return topic(`${of}${SUFFIX}`);
}

/** Why a record was set aside. */
export interface Fault {
  /** What decoding found (`InvalidKind`), `filter` or `execution`. */
  readonly kind: string;
  /** What failed on this record, in words. */
  readonly reason: string;
  /** The Subscription field that failed on it; left out when decoding failed. */
  readonly field?: string;
}

/** A part of a record that is left out of a dead letter that would be too large. */
export type RecordPart = 'value' | 'headers' | 'key';

/** A dead letter: a record that was set aside, and why. */
export interface DeadLetter extends Omit<Fault, 'field'> {
  readonly field: string | undefined;
  /** Where the dead letter is. */
  readonly at: Position;
  /** When the dead letter was written, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Where the record was. */
  readonly origin: Position;
  /** `origin` as `placeName` writes it. */
  readonly originName: string;
  /**
   * The same for all dead letters about one record. It includes the record's timestamp, because a recreated
   * topic has other records at the same positions.
   */
  readonly recordId: string;
  /** The log's timestamp of the record. */
  readonly originTimestamp: number;
  /** The parts of the record that were left out. */
  readonly dropped: ReadonlySet<RecordPart>;
  /** The record as it was, without the parts in `dropped`. */
  readonly record: Omit<NewRecord, 'topic'>;
}

const SUFFIX = '.dlt';
// Header names of Spring Kafka's DeadLetterPublishingRecoverer where it has one, so that its tools can read
// these dead letters.
const SPRING_PREFIX = 'kafka_dlt-';
const OWN_PREFIX = 'millrace-';
const ORIGIN = {
  topic: `${SPRING_PREFIX}original-topic`,
  partition: `${SPRING_PREFIX}original-partition`,
  offset: `${SPRING_PREFIX}original-offset`,
  timestamp: `${SPRING_PREFIX}original-timestamp`,
} as const;
const CLASS = `${SPRING_PREFIX}exception-fqcn`;
const MESSAGE = `${SPRING_PREFIX}exception-message`;
const CLASS_PREFIX = 'millrace.';
const FIELD = `${OWN_PREFIX}field`;
const DROPPED = `${OWN_PREFIX}dropped`;
/** A reason may quote a value as long as the record. */
const MAX_REASON_CHARS = 1_000;

/** Cuts a reason to its maximum length. The result is a copy: V8 would keep all of a longer string alive. */
export function shortReason(reason: string): string {
  return Buffer.from(reason.slice(0, MAX_REASON_CHARS)).toString();
}

/** The dead letter for the record at `origin`, ready to be appended. */
export function deadLetterRecord(
  origin: Position,
  record: Omit<LogRecord, 'offset'>,
  fault: Fault,
): NewRecord {
  return {
    topic: deadLetterTopic(origin.topic),
    key: record.key,
    headers: {
      ...record.headers,
      [ORIGIN.topic]: origin.topic,
      [ORIGIN.partition]: String(origin.partition),
      [ORIGIN.offset]: String(origin.offset),
      [ORIGIN.timestamp]: String(record.timestamp),
      [CLASS]: `${CLASS_PREFIX}${fault.kind}`,
      [MESSAGE]: shortReason(fault.reason),
      ...(fault.field === undefined ? {} : { [FIELD]: fault.field }),
    },
    value: record.value,
  };
}

/** A dead letter without some parts of its record. It names them; its own headers stay. */
export function withoutParts(letter: NewRecord, parts: readonly RecordPart[]): NewRecord {
  const kept = parts.includes('headers') ? pickHeaders(letter.headers, isOwnHeader) : letter.headers;
  return {
    ...letter,
    key: parts.includes('key') ? null : letter.key,
    headers: { ...kept, [DROPPED]: parts.join(',') },
    value: parts.includes('value') ? null : letter.value,
  };
}

/** Parses a record of a dead-letter topic; `undefined` when it is not a dead letter of this format. */
export function readDeadLetter(
  { topic: of, partition: number }: TopicPartition,
  record: LogRecord,
): DeadLetter | undefined {
  const { headers, key, value } = record;
  const from = headers[ORIGIN.topic];
  const [inPartition, atOffset] = [toInteger(headers[ORIGIN.partition]), toInteger(headers[ORIGIN.offset])];
  if (!from || inPartition === undefined || atOffset === undefined) return undefined;
  const origin = { topic: topic(from), partition: partition(inPartition), offset: offset(atOffset) };
  const originName = placeName(origin);
  const exception = headers[CLASS] ?? 'unknown';
  return {
    at: { topic: of, partition: number, offset: record.offset },
    timestamp: record.timestamp,
    origin,
    originName,
    recordId: `${originName} ${headers[ORIGIN.timestamp]}`,
    originTimestamp: Number(headers[ORIGIN.timestamp]),
    kind: exception.startsWith(CLASS_PREFIX) ? exception.slice(CLASS_PREFIX.length) : exception,
    reason: headers[MESSAGE] ?? '',
    field: headers[FIELD],
    dropped: new Set((headers[DROPPED] ?? '').split(',').filter(isPart)),
    record: { key, headers: pickHeaders(headers, (name) => !isOwnHeader(name)), value },
  };
}

function isOwnHeader(name: string): boolean {
  return name.startsWith(SPRING_PREFIX) || name.startsWith(OWN_PREFIX);
}

function pickHeaders(headers: Headers, wanted: (name: string) => boolean): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));
}

function isPart(text: string): text is RecordPart {
  return text === 'value' || text === 'headers' || text === 'key';
}

function toInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}
