import protobuf from 'protobufjs';
import { isObject, type JsonObject } from '../../core/envelope/json-object.js';
import { type Json, longOf, numberOf, WELL_KNOWN_TYPES } from './well-known-types.js';

type Lookup = (name: string) => MessageJson;

/** A message type, decoded to JSON and encoded from it. */
export class MessageJson {
  readonly #type: protobuf.Type;
  readonly #lookup: Lookup;
  /** Compiled at first use: messages may contain themselves. */
  #fields: readonly FieldJson[] | undefined;

  constructor(type: protobuf.Type, lookup: Lookup) {
    this.#type = type;
    this.#lookup = lookup;
  }

  get name(): string {
    return this.#type.fullName.replace(/^\./, '');
  }

  /** @throws {Error} when the bytes are not such a message */
  decode(bytes: Uint8Array): JsonObject {
    const message: unknown = this.#type.decode(bytes);
    return this.toJson(message);
  }

  /** @throws {Error} that names a value that does not fit */
  encode(json: JsonObject): Uint8Array {
    const message = this.fromJson(json);
    const fault = this.#type.verify(message);
    if (fault !== null) throw new Error(fault);
    return this.#type.encode(this.#type.fromObject(message)).finish();
  }

  toJson(message: unknown): JsonObject {
    const json: Record<string, unknown> = {};
    if (!isObject(message)) return json;
    for (const field of this.#compiled()) {
      const value = Object.hasOwn(message, field.name) ? message[field.name] : undefined;
      const shown = value === undefined || value === null ? field.absent : field.toJson(value);
      if (shown !== undefined) json[field.jsonName] = shown;
    }
    return json;
  }

  fromJson(json: JsonObject): Record<string, unknown> {
    const message: Record<string, unknown> = {};
    for (const { name, jsonName, fromJson } of this.#compiled()) {
      const value = Object.hasOwn(json, jsonName) ? json[jsonName] : json[name];
      if (value !== undefined && value !== null) message[name] = fromJson(value);
    }
    return message;
  }

  #compiled(): readonly FieldJson[] {
    this.#fields ??= this.#type.fieldsArray.map((field) => fieldJson(field.resolve(), this.#lookup));
    return this.#fields;
  }
}

interface FieldJson extends Json {
  readonly name: string;
  readonly jsonName: string;
  /** What is shown when the message does not have the field. `undefined`: nothing. */
  readonly absent: unknown;
}

function fieldJson(field: protobuf.Field, lookup: Lookup): FieldJson {
  const { name } = field;
  const json = ofType(field, lookup);
  const jsonName = jsonNameOf(field);
  if (field instanceof protobuf.MapField) return { name, jsonName, absent: {}, ...ofMap(json) };
  if (field.repeated) return { name, jsonName, absent: [], ...ofList(json) };
  // A field with presence is absent; another one has its default, which nobody writes.
  const hasPresence = field.hasPresence || field.partOf !== null || isMessage(field);
  return { name, jsonName, absent: hasPresence ? undefined : json.toJson(field.typeDefault), ...json };
}

const isMessage = ({ resolvedType }: protobuf.Field): boolean => resolvedType instanceof protobuf.Type;

/** `json_name`, or the name in lowerCamelCase. */
export function jsonNameOf(field: protobuf.Field): string {
  const given: unknown = field.options?.['json_name'];
  return typeof given === 'string'
    ? given
    : field.name.replace(/_+([a-zA-Z0-9])/g, (_all, next: string) => next.toUpperCase());
}

function ofType({ type, resolvedType }: protobuf.Field, lookup: Lookup): Json {
  if (resolvedType instanceof protobuf.Enum) return ofEnum(resolvedType);
  if (resolvedType instanceof protobuf.Type) {
    const name = resolvedType.fullName.replace(/^\./, '');
    const wellKnown = WELL_KNOWN_TYPES.get(name);
    if (wellKnown !== undefined) return wellKnown;
    return {
      toJson: (message) => lookup(name).toJson(message),
      fromJson: (json) => (isObject(json) ? lookup(name).fromJson(json) : json),
    };
  }
  return SCALARS[type] ?? AS_IS;
}

const AS_IS: Json = { toJson: (value) => value, fromJson: (json) => json };

const long = (isUnsigned: boolean): Json => ({
  toJson: numberOf,
  fromJson: (json) => longOf(json, isUnsigned),
});

const BYTES: Json = {
  toJson: (bytes) => Buffer.from((bytes ?? []) as Uint8Array).toString('base64'),
  fromJson: (json) => (typeof json === 'string' ? Buffer.from(json, 'base64') : json),
};

/** JSON has no NaN and no infinity: text, as the JSON mapping says. */
const DOUBLE: Json = {
  toJson: (value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
  fromJson: (json) => (typeof json === 'string' ? Number(json) : json),
};

const SCALARS: Readonly<Record<string, Json>> = {
  int64: long(false),
  uint64: long(true),
  sint64: long(false),
  fixed64: long(true),
  sfixed64: long(false),
  bytes: BYTES,
  double: DOUBLE,
  float: DOUBLE,
};

function ofEnum({ valuesById, values }: protobuf.Enum): Json {
  return {
    // A value that this version of the schema does not know stays a number.
    toJson: (value) => valuesById[Number(value)] ?? value,
    fromJson: (json) => (typeof json === 'string' ? (values[json] ?? json) : json),
  };
}

function ofList({ toJson, fromJson }: Json): Json {
  return {
    toJson: (list) => (Array.isArray(list) ? list.map(toJson) : []),
    fromJson: (json) => (Array.isArray(json) ? json.map(fromJson) : json),
  };
}

function ofMap({ toJson, fromJson }: Json): Json {
  const mapped = (value: unknown, convert: (value: unknown) => unknown): unknown =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item)]))
      : value;
  return { toJson: (map) => mapped(map, toJson), fromJson: (json) => mapped(json, fromJson) };
}
