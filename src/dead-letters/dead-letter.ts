import { offset, partition, topic } from '../core/ids.js';
import { type Position, positionName, type TopicPartition } from '../core/position.js';
import { headersFrom, headersOf, type LogRecord, type NewRecord } from '../core/record.js';
import {
  type Fault,
  type LetterFormat,
  letterHeaders,
  readLetterHeaders,
  withDropped,
} from './letter-headers.js';
import { deadLetterTopic } from './topic-name.js';

export { type Fault, shortReason } from './letter-headers.js';

/** A part of a record that is left out of a dead letter that would be too large. */
export type RecordPart = 'value' | 'headers' | 'key';

/** A dead letter: a record that was set aside, and why. */
export interface DeadLetter extends Fault {
  /** Whose headers it has. */
  readonly format: LetterFormat;
  /** Where the dead letter is. */
  readonly at: Position;
  /** When the dead letter was written, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Where the record was. */
  readonly origin: Position;
  /** `origin` as `positionName` writes it. */
  readonly originName: string;
  /**
   * The same for all dead letters about one record. It includes the record's timestamp, because a recreated
   * topic has other records at the same positions.
   */
  readonly recordId: string;
  /** The log's timestamp of the record, if the dead letter says so. */
  readonly originTimestamp: number | undefined;
  /** The parts of the record that were left out. */
  readonly dropped: ReadonlySet<RecordPart>;
  /** The record as it was, without the parts in `dropped`. */
  readonly record: Omit<NewRecord, 'topic'>;
}

/**
 * The dead letter for the record at `origin`, ready to be appended: key, value and headers byte for byte, and our own
 * headers after them.
 * @param suffix of the names of dead-letter topics
 */
export function deadLetterRecord(
  origin: Position,
  record: Omit<LogRecord, 'offset'>,
  fault: Fault,
  suffix?: string,
): NewRecord {
  const { key, value } = record;
  const headers = headersFrom(letterHeaders(origin, record, fault));
  return { topic: deadLetterTopic(origin.topic, suffix), key, ...headers, value };
}

/** A dead letter without some parts of its record. It names them; its own headers stay. */
export function withoutParts(letter: NewRecord, parts: readonly RecordPart[]): NewRecord {
  return {
    ...letter,
    key: parts.includes('key') ? null : letter.key,
    headerList: undefined,
    ...headersFrom(withDropped(headersOf(letter), parts)),
    value: parts.includes('value') ? null : letter.value,
  };
}

/** Parses a record of a dead-letter topic, ours, Spring Kafka's or Kafka Connect's; `undefined` when it is something else. */
export function readDeadLetter(
  { topic: of, partition: number }: TopicPartition,
  record: LogRecord,
): DeadLetter | undefined {
  const letter = readLetterHeaders(record);
  if (letter === undefined) return undefined;
  const origin = {
    topic: topic(letter.topic),
    partition: partition(letter.partition),
    offset: offset(letter.offset),
  };
  const originName = positionName(origin);
  const { key, value } = record;
  return {
    ...letter.fault,
    format: letter.format,
    at: { topic: of, partition: number, offset: record.offset },
    timestamp: record.timestamp,
    origin,
    originName,
    recordId: recordIdOf(originName, letter.timestamp),
    originTimestamp: letter.timestamp,
    dropped: new Set(letter.dropped.split(',').filter(isPart)),
    record: { key, ...headersFrom(letter.original), value },
  };
}

/** @param originName as `positionName` writes it */
export const recordIdOf = (originName: string, timestamp: number | undefined): string =>
  `${originName} ${timestamp}`;

function isPart(text: string): text is RecordPart {
  return text === 'value' || text === 'headers' || text === 'key';
}
