import { isUtf8 } from 'node:buffer';
import { isObjectType } from 'graphql';
import type { Bindings } from '../../binding/bindings.js';
import { offset, partition, type Topic } from '../../core/ids.js';
import type { LogRecord } from '../../core/record.js';
import type { RecordDecoder } from '../../core/record-decoder.js';
import type { TopicFormat } from '../../core/topic-format.js';
import { DEFAULT_FORMAT } from '../../core/topic-format.js';
import { deadLetterTopic } from '../../dead-letters/topic-name.js';
import type { Bounds, EventLog } from '../../ports/event-log.js';

/** What the details of a topic are made from. */
export interface TopicParts {
  readonly bindings: Pick<Bindings, 'schema' | 'topics'>;
  readonly log: Pick<EventLog, 'bounds' | 'read' | 'describe'>;
  readonly decoder: RecordDecoder;
  readonly deadLetterSuffix: string;
}

/** S4: how much of an example is shown. */
const MAX_EXAMPLE_CHARS = 8_192;
const MAX_BINARY_BYTES = 512;
/** S4: of how many partitions the newest records are looked at. */
const MAX_PARTITIONS = 16;
/** The last offsets of a partition may be markers of transactions. */
const LAST_OFFSETS = 8;

/** What a topic holds. */
export async function topicDetails(name: Topic, parts: TopicParts, signal: AbortSignal) {
  const { bindings, log, deadLetterSuffix } = parts;
  const bound = bindings.topics.get(name);
  const letters = deadLetterTopic(name, deadLetterSuffix);
  const existing = await log.describe([name, letters], signal);
  const bounds = existing.has(name) ? await log.bounds(name, signal) : [];
  return {
    name,
    format: formatInWords(bound?.format ?? DEFAULT_FORMAT),
    types: [...(bound?.types ?? [])].sort().map((type) => typeNamed(type, parts)),
    partitions: bounds.map(({ earliest, end }, number) => ({ partition: number, earliest, end })),
    example: await exampleOf(name, bounds, parts, signal),
    deadLetters: existing.has(letters) ? recordsIn(await log.bounds(letters, signal)) : undefined,
  };
}

const recordsIn = (bounds: readonly Bounds[]): number =>
  bounds.reduce((sum, { earliest, end }) => sum + end - earliest, 0);

const ENVELOPES: Readonly<Record<TopicFormat['kind'], string>> = {
  CLOUDEVENTS: 'CloudEvents',
  JSON: 'plain JSON events',
  CONNECT: 'Kafka Connect',
  DEBEZIUM: 'Debezium changes',
  DEBEZIUM_OUTBOX: 'Debezium outbox',
};

const formatInWords = ({ kind, encoding, key, partitioner }: TopicFormat): string =>
  [
    ENVELOPES[kind],
    `values in ${encoding ?? 'JSON'}`,
    `keys as ${key ?? 'text'}`,
    ...(partitioner === undefined ? [] : [`partitioner ${partitioner}`]),
  ].join(', ');

function typeNamed(name: string, { bindings }: TopicParts) {
  const type = bindings.schema.getType(name);
  const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
  return {
    name,
    description: type?.description,
    fields: fields.map((field) => `${field.name}: ${field.type}`),
  };
}

/** The newest record by the log's time, of some partitions. */
async function exampleOf(name: Topic, bounds: readonly Bounds[], parts: TopicParts, signal: AbortSignal) {
  const { log, decoder } = parts;
  let newest: { readonly record: LogRecord; readonly partition: number } | undefined;
  for (const [number, { earliest, end }] of bounds.entries()) {
    if (number >= MAX_PARTITIONS) break;
    const from = offset(Math.max(earliest, end - LAST_OFFSETS));
    if (from >= end) continue;
    const range = { topic: name, partition: partition(number), from, until: end };
    for await (const { records } of log.read(range, signal))
      for (const record of records)
        if (
          record.offset >= from &&
          record.offset < end &&
          record.timestamp >= (newest?.record.timestamp ?? 0)
        )
          newest = { record, partition: number };
  }
  if (newest === undefined) return undefined;
  const { record } = newest;
  const at = { topic: name, partition: partition(newest.partition) };
  await decoder.prepare(name, [record], signal);
  const decoded = decoder.decode(record, at);
  const shown = decoded.ok
    ? {
        type: decoded.event.type === '' ? undefined : decoded.event.type,
        subject: decoded.event.subject,
        source: decoded.event.source,
        ...cut(decoded.event.data?.toString('utf8') ?? 'null'),
      }
    : {
        problem: `This record is no event: ${decoded.reason}.`.replace('..', '.'),
        ...cut(textOf(record.value)),
      };
  return {
    partition: newest.partition,
    offset: record.offset,
    writtenAt: new Date(record.timestamp).toISOString(),
    ...shown,
  };
}

const cut = (text: string) => ({
  text: text.slice(0, MAX_EXAMPLE_CHARS),
  isCut: text.length > MAX_EXAMPLE_CHARS,
});

function textOf(value: Buffer | null): string {
  if (value === null) return '';
  if (isUtf8(value)) return value.toString('utf8');
  const head = value.subarray(0, MAX_BINARY_BYTES);
  return `${value.length} bytes that are no text: ${head.toString('hex')}`;
}
