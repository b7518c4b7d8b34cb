import { attempt } from '../core/attempt.js';
import { bytesOfText } from '../core/byte-text.js';
import { isFrame, isFramed, type RecordShape, shapeOf } from '../core/envelope/detect.js';
import type { Envelope } from '../core/envelope/envelope.js';
import { isObject, type JsonObject, parseExact } from '../core/envelope/json-object.js';
import { framedKey, framedValue } from '../core/envelope/schema-header.js';
import { own } from '../core/own.js';
import type { LogRecord } from '../core/record.js';
import type { SchemaCodec } from '../core/schema-codec.js';
import type { Encoding } from '../core/topic-format.js';
import type { Registry } from './schema-registry.js';

/** The value of a record, decoded as far as its encoding goes: what its envelope is, is not known yet. */
export interface Sample {
  readonly record: LogRecord;
  readonly json: unknown;
  readonly shape: RecordShape;
  /** The name that its registered schema has for it. */
  readonly root?: string | undefined;
}

export interface Samples {
  readonly samples: readonly Sample[];
  /** Of values that begin with the id of a schema. */
  readonly encoding: Encoding | undefined;
  readonly codec: SchemaCodec | undefined;
  readonly tombstones: number;
  /** Values that are neither JSON nor what the registry can decode. */
  readonly unreadable: number;
  /** Ids of the schemas that were seen, the newest last. */
  readonly schemaIds: readonly (number | string)[];
}

/** Values with the id of a schema, and no registry to ask for it. */
export class RegistryNeeded extends Error {
  override readonly name = 'RegistryNeeded';
}

/** Decodes values by what they look like. @throws {RegistryNeeded} */
export async function samplesOf(
  records: readonly LogRecord[],
  registry: Registry | undefined,
  signal: AbortSignal,
): Promise<Samples> {
  const values = records.filter((record) => record.value !== null);
  const framed = values.filter(isFramed);
  const tombstones = records.length - values.length;
  if (framed.length * 2 <= values.length || framed.length === 0) {
    const samples = values.flatMap((record) => {
      const parsed = record.value === null ? '' : parseExact(record.value);
      return typeof parsed === 'string' ? [] : sample(record, parsed.json);
    });
    const unreadable = values.length - samples.length;
    return { samples, encoding: undefined, codec: undefined, tombstones, unreadable, schemaIds: [] };
  }
  if (registry === undefined) throw new RegistryNeeded();
  const ids = new Set<number | string>();
  for (const record of framed) {
    const id = attempt(() => registry.schemaIdOf(frameOf(record)));
    if (id === undefined) continue;
    ids.delete(id);
    ids.add(id);
  }
  const encoding = await encodingOf([...ids], registry, signal);
  const codec = encoding && registry.codec(encoding);
  await codec?.prepareDecode?.(
    framed.map((record) => ({ type: '', value: frameOf(record) })),
    signal,
  );
  const samples = framed.flatMap((record) => {
    const json = codec && attempt(() => parseExact(codec.decode('', frameOf(record))));
    if (json === undefined || typeof json === 'string') return [];
    return { ...sample(record, json.json), root: codec?.nameOf?.(frameOf(record)) };
  });
  const unreadable = values.length - samples.length;
  return { samples, encoding, codec, tombstones, unreadable, schemaIds: [...ids] };
}

const sample = (record: LogRecord, json: unknown): Sample => ({ record, json, shape: shapeOf(record, json) });

const frameOf = (record: LogRecord): Buffer => framedValue(record, record.value ?? Buffer.alloc(0));

async function encodingOf(
  ids: readonly (number | string)[],
  registry: Registry,
  signal: AbortSignal,
): Promise<Encoding | undefined> {
  for (const id of ids.toReversed()) {
    const found = await registry.byId(id, signal);
    if (found !== undefined) return found.encoding;
  }
  return undefined;
}

/** The envelope of most samples. */
export function commonEnvelope(samples: readonly Sample[]): Envelope {
  const counts = new Map<Envelope, number>();
  for (const { shape } of samples) counts.set(shape.envelope, (counts.get(shape.envelope) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? 'JSON';
}

const TYPE_FIELDS = ['type', 'eventType', 'event_type', 'kind', '@type', '__typename'];
const TYPE_NAME = /^[A-Za-z][\w.$:/-]{0,200}$/;
const MAX_TYPES = 50;

/** Where records of plain JSON name their type: in the header of Spring, or in a field whose values have different members. */
export function typeSourceOf(
  samples: readonly Sample[],
): { readonly kind: 'header' | 'field'; readonly name: string } | undefined {
  if (samples.length > 0 && samples.every(({ record }) => record.headers['__TypeId__']))
    return { kind: 'header', name: '__TypeId__' };
  const objects = samples.flatMap(({ json }) => (isObject(json) ? [json] : []));
  const name = TYPE_FIELDS.find((field) => namesTypes(objects, field));
  return name === undefined ? undefined : { kind: 'field', name };
}

/** Few names, each with members of its own: otherwise it is one more enum. */
function namesTypes(objects: readonly JsonObject[], field: string): boolean {
  const members = new Map<string, Set<string>>();
  for (const object of objects) {
    const name = own(object, field);
    if (typeof name !== 'string' || !TYPE_NAME.test(name)) return false;
    const known = members.get(name) ?? new Set();
    for (const member of Object.keys(object)) known.add(member);
    members.set(name, known);
  }
  const shapes = new Set([...members.values()].map((names) => [...names].sort().join()));
  return (
    members.size > 1 && members.size <= MAX_TYPES && shapes.size > 1 && members.size * 2 <= objects.length
  );
}

/** The key format that fits all keys. `undefined`: text, which needs no declaration. */
export function keyFormatOf(
  records: readonly LogRecord[],
  registered: Encoding | undefined,
): string | undefined {
  const given = records.flatMap(({ key, headers }) =>
    key === null ? [] : [{ headers, bytes: bytesOfText(key) }],
  );
  if (given.length === 0) return undefined;
  const hasId = ({ headers, bytes }: (typeof given)[number]): boolean =>
    framedKey(headers, bytes) !== bytes || isFrame(bytes);
  if (registered !== undefined && given.every(hasId)) return registered;
  const keys = given.map(({ bytes }) => bytes);
  const texts = keys.map((key) => parseExact(key));
  const json = texts.map((text) => (typeof text === 'string' ? undefined : text.json));
  if (json.every((value) => isObject(value) && 'schema' in value && 'payload' in value)) return 'CONNECT';
  if (json.every((value) => isObject(value) || typeof value === 'string')) return 'JSON';
  const isBinary = keys.some((key) => key.includes(0) || !isText(key));
  const sizes = new Set(keys.map((key) => key.length));
  if (!isBinary || sizes.size > 1) return undefined;
  return SIZES.get([...sizes][0] ?? 0);
}

const SIZES: ReadonlyMap<number, string> = new Map([
  [4, 'INT32'],
  [8, 'INT64'],
  [16, 'UUID'],
]);

const isText = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes);
