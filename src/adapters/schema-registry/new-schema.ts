import { jsonSchemasOf } from '../../core/data-json-schema.js';
import type {
  DataField,
  DataModel,
  DataType,
  DataValue,
  ObjectModel,
  ScalarName,
} from '../../core/data-model.js';
import type { Encoding } from '../../core/topic-format.js';

/** A schema to register. */
export interface NewSchema {
  readonly schema: string;
  readonly schemaType: 'AVRO' | 'PROTOBUF' | 'JSON';
}

/**
 * The first schema of a subject, for data that GraphQL types describe.
 * @throws {Error} that names a type which the encoding cannot express
 */
export function newSchema(encoding: Encoding, model: DataModel): NewSchema {
  switch (encoding) {
    case 'AVRO':
      return { schemaType: 'AVRO', schema: JSON.stringify(avroOf(model)) };
    case 'PROTOBUF':
      return { schemaType: 'PROTOBUF', schema: protoOf(model) };
    case 'JSON_SCHEMA':
      return { schemaType: 'JSON', schema: JSON.stringify(jsonSchemaOf(model)) };
  }
}

/** The schema of keys that are text. */
export function newKeySchema(encoding: Encoding): NewSchema {
  if (encoding === 'AVRO') return { schemaType: 'AVRO', schema: '"string"' };
  if (encoding === 'JSON_SCHEMA') return { schemaType: 'JSON', schema: '{"type":"string"}' };
  throw new Error('a key in Protobuf is a message: register its schema');
}

const unknown = (what: string, encoding: string): never => {
  throw new Error(`${encoding} has no type for ${what}: register a schema`);
};

const AVRO_SCALARS: Readonly<Record<ScalarName, unknown>> = {
  Boolean: 'boolean',
  Int: 'int',
  Long: 'long',
  BigInt: undefined,
  Float: 'double',
  Decimal: 'string',
  String: 'string',
  DateTime: { type: 'long', logicalType: 'timestamp-micros' },
  Date: { type: 'int', logicalType: 'date' },
  Time: { type: 'long', logicalType: 'time-micros' },
  LocalDateTime: { type: 'long', logicalType: 'local-timestamp-micros' },
  UUID: { type: 'string', logicalType: 'uuid' },
  Bytes: 'bytes',
};

function avroOf(model: DataModel): unknown {
  /** A named type is written where it is first used, and named after that. */
  const written = new Set<string>();
  const objectOf = (name: string): unknown => {
    if (written.has(name)) return name;
    written.add(name);
    const fields = model.objects.get(name)?.fields ?? [];
    return { type: 'record', name, fields: fields.map(fieldOf) };
  };
  const fieldOf = (field: DataField) => ({
    name: field.name,
    type: ofValue(field),
    ...(field.nullable && { default: null }),
  });
  const ofValue = ({ type, nullable }: DataValue): unknown => {
    const avro = typeOf(type);
    return nullable ? ['null', ...(Array.isArray(avro) ? avro : [avro])] : avro;
  };
  const typeOf = (type: DataType): unknown => {
    switch (type.kind) {
      case 'scalar':
        return AVRO_SCALARS[type.name] ?? unknown(type.name, 'Avro');
      case 'enum': {
        const isKnown = written.has(type.name);
        written.add(type.name);
        return isKnown
          ? type.name
          : { type: 'enum', name: type.name, symbols: model.enums.get(type.name)?.values ?? [] };
      }
      case 'object':
        return objectOf(type.name);
      case 'union':
        return type.names.map(objectOf);
      case 'list':
        return { type: 'array', items: ofValue(type.items) };
      case 'map':
        return { type: 'map', values: ofValue(type.values) };
      case 'json':
        return unknown(type.because, 'Avro');
    }
  };
  const roots = model.roots.map(objectOf);
  return roots.length === 1 ? roots[0] : roots;
}

const PROTO_SCALARS: Readonly<Record<ScalarName, string | undefined>> = {
  Boolean: 'bool',
  Int: 'int32',
  Long: 'int64',
  BigInt: undefined,
  Float: 'double',
  Decimal: 'string',
  String: 'string',
  DateTime: 'google.protobuf.Timestamp',
  Date: 'string',
  Time: 'string',
  LocalDateTime: 'string',
  UUID: 'string',
  Bytes: 'bytes',
};

/** Enum values are text, because Protobuf's own enums need a first value that means nothing. */
function protoOf(model: DataModel): string {
  const typeOf = (type: DataType): string => {
    if (type.kind === 'scalar') return PROTO_SCALARS[type.name] ?? unknown(type.name, 'Protobuf');
    if (type.kind === 'enum') return 'string';
    if (type.kind === 'object') return type.name;
    return unknown(type.kind === 'json' ? type.because : `a ${type.kind} within a ${type.kind}`, 'Protobuf');
  };
  const fieldOf = ({ name, type, nullable }: DataField, i: number): string => {
    const isList = type.kind === 'list';
    const label = isList ? 'repeated ' : nullable && type.kind !== 'object' ? 'optional ' : '';
    const of = isList ? typeOf(type.items.type) : typeOf(type);
    // GraphQL's name, even where the default rule would give another one.
    return `  ${label}${of} ${name} = ${i + 1} [json_name = "${name}"];`;
  };
  const messageOf = ({ name, fields }: ObjectModel): string =>
    [`message ${name} {`, ...fields.map(fieldOf), '}'].join('\n');
  const others = [...model.objects.keys()].filter((name) => !model.roots.includes(name));
  const messages = [...model.roots, ...others].flatMap((name) => {
    const object = model.objects.get(name);
    return object === undefined ? [] : [messageOf(object)];
  });
  const usesTimestamp = messages.some((message) => message.includes('google.protobuf.Timestamp'));
  const imports = usesTimestamp ? ['import "google/protobuf/timestamp.proto";'] : [];
  return ['syntax = "proto3";', ...imports, ...messages, ''].join('\n');
}

function jsonSchemaOf(model: DataModel): object {
  const refTo = (name: string): string => `#/definitions/${name}`;
  const definitions = jsonSchemasOf(model, refTo);
  const [root, ...others] = model.roots;
  const head = { $schema: 'http://json-schema.org/draft-07/schema#' };
  if (root === undefined || others.length > 0)
    return { ...head, anyOf: model.roots.map((name) => ({ $ref: refTo(name) })), definitions };
  return { ...head, title: root, ...definitions[root], definitions };
}
