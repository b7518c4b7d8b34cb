import { subjectsOf } from '../adapters/schema-registry/registry-codec.js';
import type { RegisteredModel } from '../adapters/schema-registry/schema-models.js';
import { connectModel } from '../binding/data-types/connect-model.js';
import { eventNameOf } from '../binding/data-types/names.js';
import { sampleModel } from '../binding/data-types/sample-model.js';
import type { ImportedTopic } from '../binding/data-types/write-import.js';
import type { DataModel } from '../core/data-model.js';
import type { Envelope } from '../core/envelope/envelope.js';
import { isObject, type JsonObject } from '../core/envelope/json-object.js';
import type { TypeNames } from '../core/envelope/type-names.js';
import { partition, type Topic } from '../core/ids.js';
import { own } from '../core/own.js';
import { DEFAULT_PARTITIONER, PARTITIONERS, partitionOfKey } from '../core/partitioner.js';
import { RecordDecoder } from '../core/record-decoder.js';
import type { TopicFormat } from '../core/topic-format.js';
import { type NewestRecords, newestRecords } from '../placement/newest-records.js';
import type { EventLog } from '../ports/event-log.js';
import type { Registry } from './schema-registry.js';
import {
  commonEnvelope,
  keyFormatOf,
  type Sample,
  type Samples,
  samplesOf,
  typeSourceOf,
} from './topic-samples.js';

/** How many of its newest records are read, and how many bytes of them. */
const RECORDS = 500;
const MAX_BYTES = 64 * 1024 * 1024;

/** What the registry and the newest records say of a topic. `undefined`: neither says anything. */
export async function importTopic(
  topic: Topic,
  log: Pick<EventLog, 'bounds' | 'read' | 'describe'>,
  registry: Registry | undefined,
  signal: AbortSignal,
): Promise<ImportedTopic | undefined> {
  const exists = (await log.describe([topic], signal)).has(topic);
  const batches = exists ? await read(topic, log, signal) : [];
  const records = batches.flatMap((batch) => batch.records);
  const subjects = subjectsOf(topic);
  const value = await registry?.latest(subjects.value, signal);
  const key = await registry?.latest(subjects.key, signal);
  const samples = await samplesOf(records, registry, signal);
  const isRegistered =
    samples.encoding !== undefined || (samples.samples.length === 0 && value !== undefined);
  if (samples.samples.length === 0 && !isRegistered) return undefined;
  const envelope = samples.samples.length > 0 ? commonEnvelope(samples.samples) : envelopeOf(value?.model);
  const events = eventsOf(topic, samples, envelope);
  const model = isRegistered
    ? await registeredModel(samples, value, registry, signal)
    : modelOfJson(topic, samples.samples, events, envelope);
  const source = events.source?.kind === 'envelope' ? undefined : events.source;
  return {
    ...{ topic, envelope, model, typeSource: source, hasTombstones: samples.tombstones > 0 },
    value: isRegistered ? (samples.encoding ?? value?.encoding) : undefined,
    key: keyFormatOf(records, key?.encoding),
    partitioner: partitionerOf(batches),
    named: events.isNamed ? new Map(events.all.map(({ name, root }) => [name, root])) : undefined,
    comments: commentsOf(topic, records.length, events, isRegistered ? subjects.value : undefined),
  };
}

async function read(
  topic: Topic,
  log: Pick<EventLog, 'bounds' | 'read'>,
  signal: AbortSignal,
): Promise<readonly NewestRecords[]> {
  const batches: NewestRecords[] = [];
  let bytes = 0;
  for await (const batch of newestRecords(topic, log, RECORDS, signal)) {
    batches.push(batch);
    for (const { value } of batch.records) bytes += value?.length ?? 0;
    if (bytes > MAX_BYTES) break;
  }
  return batches;
}

interface ImportedEvent {
  /** What the record, or its envelope, calls its type. */
  readonly name: string;
  /** The root of the model that it is. */
  readonly root: string;
  readonly data: JsonObject | null;
}

interface ImportedEvents {
  readonly all: readonly ImportedEvent[];
  /** Whether records name their types. */
  readonly isNamed: boolean;
  readonly source: TypeNames['source'] | undefined;
}

/** Decodes the samples as the gateway will, once with the names that records may have, and otherwise without. */
function eventsOf(topic: Topic, { samples, codec }: Samples, envelope: Envelope): ImportedEvents {
  const isPlain = envelope === 'JSON' && codec === undefined;
  const source = (isPlain ? typeSourceOf(samples) : undefined) ?? ({ kind: 'envelope' } as const);
  const typeNames =
    envelope === 'CLOUDEVENTS' ? undefined : { source, table: new Map(), rule: 'EXACT' as const };
  const decodeAll = (format: TopicFormat): ImportedEvent[] => {
    const decoder = new RecordDecoder(new Map([[topic, format]]));
    return samples.flatMap((sample) => {
      const decoded = decoder.decode(sample.record, { topic, partition: partition(0) });
      if (!decoded.ok) return [];
      const { event } = decoded;
      return {
        name: event.type,
        root: sample.root ?? connectName(sample) ?? event.type,
        data: decoder.dataOf(event),
      };
    });
  };
  const format = { kind: envelope, ...(codec !== undefined && { codec }) };
  const named = decodeAll({ ...format, ...(typeNames !== undefined && { typeNames }) });
  const hasSeveral = new Set(named.map(({ name }) => name)).size > 1;
  const isNamed = envelope === 'CLOUDEVENTS' || envelope === 'DEBEZIUM_OUTBOX' || hasSeveral;
  if (isNamed && named.length > 0) return { all: named, isNamed: true, source };
  return { all: decodeAll({ ...format, type: eventNameOf(topic) }), isNamed: false, source: undefined };
}

/** The name of the struct that a value of Kafka Connect is. */
function connectName({ json }: Sample): string | undefined {
  const schema = isObject(json) && 'payload' in json ? own(json, 'schema') : undefined;
  const name = isObject(schema) ? own(schema, 'name') : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** Of what is neither registered nor described by the records themselves, the data tell. */
function modelOfJson(
  topic: Topic,
  samples: readonly Sample[],
  { all }: ImportedEvents,
  envelope: Envelope,
): DataModel {
  if (envelope === 'CONNECT' || envelope === 'DEBEZIUM') {
    const schemas = new Map<string, JsonObject>();
    for (const { json } of samples) {
      const schema = isObject(json) && 'payload' in json ? own(json, 'schema') : undefined;
      if (isObject(schema)) schemas.set(JSON.stringify(schema), schema);
    }
    if (schemas.size > 0) return connectModel([...schemas.values()], eventNameOf(topic));
  }
  const groups = new Map<string, JsonObject[]>();
  for (const { root, data } of all) if (data !== null) groups.set(root, [...(groups.get(root) ?? []), data]);
  return sampleModel(groups);
}

/** Of the registered schemas that the records name, each as the newest version has it. */
async function registeredModel(
  { samples, schemaIds }: Samples,
  latest: RegisteredModel | undefined,
  registry: Registry | undefined,
  signal: AbortSignal,
): Promise<DataModel> {
  const found: DataModel[] = [];
  for (const id of schemaIds) {
    const model = (await registry?.byId(id, signal))?.model;
    if (model !== undefined) found.push(model);
  }
  if (latest !== undefined) found.push(latest.model);
  const objects = new Map(found.flatMap((model) => [...model.objects]));
  const enums = new Map(found.flatMap((model) => [...model.enums]));
  const names = samples.flatMap(({ root }) => (root === undefined ? [] : [root]));
  const seen = [...new Set(names)].filter((root) => objects.has(root));
  const newest = found.at(-1)?.roots ?? [];
  // Without records: of a Protobuf file, serialisers write the first message by default.
  const expected = latest?.encoding === 'PROTOBUF' ? newest.slice(0, 1) : newest;
  return { roots: seen.length > 0 ? seen : expected, objects, enums };
}

function envelopeOf(model: DataModel | undefined): Envelope {
  const root = model?.objects.get(model.roots[0] ?? '');
  const names = new Set(root?.fields.map(({ name }) => name));
  return ['op', 'after', 'source'].every((name) => names.has(name)) ? 'DEBEZIUM' : 'JSON';
}

/** The partitioner to declare: where the default does not fit every key, the only one that does, or none. */
function partitionerOf(batches: readonly NewestRecords[]): string | undefined {
  const keyed = batches.flatMap(({ partition: at, partitions, records }) =>
    records.flatMap(({ key }) => (key === null || key === '' ? [] : [{ at, partitions, key }])),
  );
  const fitting = PARTITIONERS.filter((one) =>
    keyed.every(({ at, partitions, key }) => partitionOfKey(key, partitions, one) === at),
  );
  if (fitting.includes(DEFAULT_PARTITIONER)) return undefined;
  return fitting.length === 1 ? fitting[0] : 'NONE';
}

function commentsOf(
  topic: Topic,
  records: number,
  { all }: ImportedEvents,
  subject: string | undefined,
): readonly string[] {
  const from = subject === undefined ? '' : ` and the registered schema ${subject}`;
  const lost = records - all.length;
  return [
    `Written by \`millrace import --topic ${topic}\` from its ${records} newest records${from}.`,
    ...(subject === undefined
      ? ['Types are as narrow as these records allow. Look at Int, and at what is never null.']
      : []),
    ...(lost > 0
      ? [`${lost} of the records have no data, or are otherwise: \`millrace check --live\` says how.`]
      : []),
  ];
}
