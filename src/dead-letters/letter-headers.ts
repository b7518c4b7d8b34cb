import type { Position } from '../core/position.js';
import { type Header, headersFrom, headersOf, type LogRecord } from '../core/record.js';
import { int32Text, int64Text, readInteger } from './header-values.js';

/** Why a record was set aside. */
export interface Fault {
  /** What decoding found (`InvalidKind`), `filter`, `execution`, `service` or `view`. */
  readonly kind: string;
  /** What failed on this record, in words. */
  readonly reason: string;
  /** The Subscription field, service or view that failed on it; left out when decoding failed. */
  readonly field?: string | undefined;
  readonly service?: string | undefined;
  readonly view?: string | undefined;
  /** The consumer group that failed on it, where it was one. */
  readonly group?: string | undefined;
}

/** Who wrote a dead letter, by its headers. */
export type LetterFormat = 'MILLRACE' | 'SPRING' | 'CONNECT';

/** What the headers of a dead letter say, and the headers of the record that it is about. */
interface LetterHeaders {
  readonly format: LetterFormat;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The log's timestamp of the record; `undefined` when its writer did not say. */
  readonly timestamp: number | undefined;
  readonly fault: Fault;
  readonly dropped: string;
  readonly original: readonly Header[];
}

/**
 * The first header of our own. Everything before it is the record's, byte for byte: also headers whose names look like
 * ours, of a record that was a dead letter before.
 */
const MARKER: Header = ['millrace-dead-letter', '2'];
/** Header names of Spring Kafka's DeadLetterPublishingRecoverer where it has one, with its types. */
const SPRING = 'kafka_dlt-';
/** The same headers as Spring Kafka names them in its retry topics (`@RetryableTopic`). */
const SPRING_RETRY = 'kafka_';
const OWN = 'millrace-';
/**
 * What a sink connector of Kafka Connect adds with `errors.deadletterqueue.context.headers.enable`
 * (org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter). All of it is text.
 */
const CONNECT = '__connect.errors.';
/** What Spring Kafka adds to a record on its way through retry topics. */
const RETRY_PREFIXES = ['kafka_original-', 'kafka_exception-', 'retry_topic-'];
const CLASS_PREFIX = 'millrace.';
/** A reason may quote a value as long as the record. */
const MAX_REASON_CHARS = 1_000;

/** Cuts a reason to its maximum length. The result is a copy: V8 would keep all of a longer string alive. */
export function shortReason(reason: string): string {
  return Buffer.from(reason.slice(0, MAX_REASON_CHARS)).toString();
}

/** The headers of a dead letter: those of the record, then ours, with Spring Kafka's types (ByteBuffer, big-endian). */
export function letterHeaders(
  origin: Position,
  record: Pick<LogRecord, 'headers' | 'headerList' | 'timestamp' | 'isAppendTime'>,
  fault: Fault,
): readonly Header[] {
  const exception = `${CLASS_PREFIX}${fault.kind}`;
  const reason = shortReason(fault.reason);
  const own: readonly (readonly [string, string | undefined])[] = [
    [`${SPRING}exception-fqcn`, exception],
    [`${SPRING}exception-message`, reason],
    // As a stack trace of Java begins.
    [`${SPRING}exception-stacktrace`, `${exception}: ${reason}`],
    [`${SPRING}original-topic`, origin.topic],
    [`${SPRING}original-partition`, int32Text(origin.partition)],
    [`${SPRING}original-offset`, int64Text(origin.offset)],
    [`${SPRING}original-timestamp`, int64Text(record.timestamp)],
    [`${SPRING}original-timestamp-type`, record.isAppendTime === true ? 'LogAppendTime' : 'CreateTime'],
    [`${SPRING}original-consumer-group`, fault.group],
    [`${OWN}field`, fault.field],
    [`${OWN}service`, fault.service],
    [`${OWN}view`, fault.view],
  ];
  const present = own.flatMap(([name, value]): Header[] => (value === undefined ? [] : [[name, value]]));
  return [...headersOf(record), MARKER, ...present];
}

/** The headers of a dead letter whose record is too large: they name what is left out (`parts`). */
export function withDropped(headers: readonly Header[], parts: readonly string[]): readonly Header[] {
  const kept = parts.includes('headers') ? headers.slice(markerOf(headers)) : headers;
  return [...kept, [`${OWN}dropped`, parts.join(',')]];
}

/** Reads the headers of a dead letter: ours, Spring Kafka's or Kafka Connect's; `undefined` for any other record. */
export function readLetterHeaders(record: LogRecord): LetterHeaders | undefined {
  const all = headersOf(record);
  const marker = markerOf(all);
  if (marker >= 0) return read(all.slice(marker), SPRING, all.slice(0, marker));
  const isSpring = ([name]: Header): boolean => name.startsWith(SPRING) || name.startsWith(OWN);
  const letter = read(
    all,
    SPRING,
    all.filter((one) => !isSpring(one)),
  );
  if (letter !== undefined) return letter;
  const isRetry = ([name]: Header): boolean => RETRY_PREFIXES.some((prefix) => name.startsWith(prefix));
  const retried = read(
    all,
    SPRING_RETRY,
    all.filter((one) => !isSpring(one) && !isRetry(one)),
  );
  return retried ?? readConnect(all, record.timestamp);
}

/** @param timestamp of the dead letter: Connect gives it that of the record */
function readConnect(list: readonly Header[], timestamp: number): LetterHeaders | undefined {
  const { headers } = headersFrom(list);
  const of = (name: string): string | undefined => headers[`${CONNECT}${name}`];
  const topic = of('topic');
  const partition = readInteger(of('partition'));
  const offset = readInteger(of('offset'));
  if (!topic || partition === undefined || offset === undefined || partition < 0 || offset < 0)
    return undefined;
  const connector = of('connector.name');
  const reason = of('exception.message') ?? '';
  const stage = of('stage');
  return {
    format: 'CONNECT',
    topic,
    partition,
    offset,
    timestamp,
    fault: {
      kind: of('exception.class.name') ?? 'unknown',
      reason: stage === undefined ? reason : `${stage}: ${reason}`,
      // The consumer group of a sink connector.
      group: connector === undefined ? undefined : `connect-${connector}`,
    },
    dropped: '',
    original: list.filter(([name]) => !name.startsWith(CONNECT)),
  };
}

function read(
  list: readonly Header[],
  prefix: string,
  original: readonly Header[],
): LetterHeaders | undefined {
  const { headers } = headersFrom(list);
  const topic = headers[`${prefix}original-topic`];
  const partition = readInteger(headers[`${prefix}original-partition`]);
  const offset = readInteger(headers[`${prefix}original-offset`]);
  if (!topic || partition === undefined || offset === undefined || partition < 0 || offset < 0)
    return undefined;
  const exception = headers[`${prefix}exception-fqcn`] ?? headers[`${prefix}key-exception-fqcn`] ?? 'unknown';
  const isOwn = exception.startsWith(CLASS_PREFIX);
  return {
    format: isOwn ? 'MILLRACE' : 'SPRING',
    topic,
    partition,
    offset,
    timestamp: readInteger(headers[`${prefix}original-timestamp`]),
    fault: {
      kind: isOwn ? exception.slice(CLASS_PREFIX.length) : exception,
      reason: headers[`${prefix}exception-message`] ?? headers[`${prefix}key-exception-message`] ?? '',
      field: headers[`${OWN}field`],
      service: headers[`${OWN}service`],
      view: headers[`${OWN}view`],
      // Spring Kafka has one name for it, whatever the prefix of the others.
      group: headers[`${SPRING}original-consumer-group`],
    },
    dropped: headers[`${OWN}dropped`] ?? '',
    original,
  };
}

/** Where our own headers begin; -1 when there are none. */
const markerOf = (headers: readonly Header[]): number =>
  headers.findLastIndex(([name]) => name === MARKER[0]);
