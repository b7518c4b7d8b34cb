import { offset, partition, type Topic, topic } from '../core/ids.js';
import { type Position, placeName, type TopicPartition } from '../core/position.js';
import type { Headers, LogRecord, NewRecord } from '../core/record.js';

/** The topic that takes what stops at one of `of`. */
export function deadLetterTopic(of: Topic): Topic {
  return topic(`${of}${SUFFIX}`);
}

/** Why a record was set aside. */
export interface Fault {
  /** Groups faults: what decoding found (`InvalidKind`), `filter` or `execution`. */
  readonly kind: string;
  /** In words, of this record. */
  readonly reason: string;
  /** The field of Subscription that could not show it. */
  readonly field?: string;
}

/** A part of the record that a letter could not take along. */
export type RecordPart = 'value' | 'headers' | 'key';

/** What a dead letter says. */
export interface DeadLetter extends Omit<Fault, 'field'> {
  readonly field: string | undefined;
  /** Where the letter is. */
  readonly at: Position;
  /** When it was written, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Where the record was; a name for it too. */
  readonly origin: Position;
  readonly place: string;
  /** The same for all letters about one record: another topic of the same name has other records there. */
  readonly recordId: string;
  /** The log's timestamp of the record. */
  readonly originTimestamp: number;
  /** What is not as it was, but left out. */
  readonly dropped: ReadonlySet<RecordPart>;
  /** The record as it was, but for what was dropped. */
  readonly record: Omit<NewRecord, 'topic'>;
}

const SUFFIX = '.dlt';
// Where Spring Kafka's DeadLetterPublishingRecoverer has a name for something it is used, so that its tools
// read these letters too.
const SPRING = 'kafka_dlt-';
const OURS = 'millrace-';
const ORIGIN = {
  topic: `${SPRING}original-topic`,
  partition: `${SPRING}original-partition`,
  offset: `${SPRING}original-offset`,
  timestamp: `${SPRING}original-timestamp`,
} as const;
const CLASS = `${SPRING}exception-fqcn`;
const MESSAGE = `${SPRING}exception-message`;
const CLASS_PREFIX = 'millrace.';
const FIELD = `${OURS}field`;
const DROPPED = `${OURS}dropped`;
/** A reason is for people; what it quotes may be as long as the record. */
const MAX_REASON = 1_000;

/** A reason as long as a letter has it, that keeps nothing of the longer one in memory. */
export function shortReason(reason: string): string {
  return Buffer.from(reason.slice(0, MAX_REASON)).toString();
}

/** The letter about a record. @param origin where the record is; its topic is where the letter does not go */
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

/** The letter without some parts of the record, which it says. What it says itself stays. */
export function withoutParts(letter: NewRecord, parts: readonly RecordPart[]): NewRecord {
  const kept = parts.includes('headers') ? only(letter.headers, isOfLetter) : letter.headers;
  return {
    ...letter,
    key: parts.includes('key') ? null : letter.key,
    headers: { ...kept, [DROPPED]: parts.join(',') },
    value: parts.includes('value') ? null : letter.value,
  };
}

/** What a record of a dead-letter topic says; `undefined` when it is no letter of this format. */
export function readDeadLetter(
  { topic: of, partition: number }: TopicPartition,
  record: LogRecord,
): DeadLetter | undefined {
  const { headers, key, value } = record;
  const from = headers[ORIGIN.topic];
  const [inPartition, atOffset] = [wholeOf(headers[ORIGIN.partition]), wholeOf(headers[ORIGIN.offset])];
  if (!from || inPartition === undefined || atOffset === undefined) return undefined;
  const origin = { topic: topic(from), partition: partition(inPartition), offset: offset(atOffset) };
  const place = placeName(origin);
  const written = headers[CLASS] ?? 'unknown';
  return {
    at: { topic: of, partition: number, offset: record.offset },
    timestamp: record.timestamp,
    origin,
    place,
    recordId: `${place} ${headers[ORIGIN.timestamp]}`,
    originTimestamp: Number(headers[ORIGIN.timestamp]),
    kind: written.startsWith(CLASS_PREFIX) ? written.slice(CLASS_PREFIX.length) : written,
    reason: headers[MESSAGE] ?? '',
    field: headers[FIELD],
    dropped: new Set((headers[DROPPED] ?? '').split(',').filter(isPart)),
    record: { key, headers: only(headers, (name) => !isOfLetter(name)), value },
  };
}

function isOfLetter(name: string): boolean {
  return name.startsWith(SPRING) || name.startsWith(OURS);
}

function only(headers: Headers, wanted: (name: string) => boolean): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));
}

function isPart(text: string): text is RecordPart {
  return text === 'value' || text === 'headers' || text === 'key';
}

function wholeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}
