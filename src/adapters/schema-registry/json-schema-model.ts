import {
  type DataField,
  type DataModel,
  type DataType,
  type DataValue,
  ModelBuilder,
  scalar,
} from '../../core/data-model.js';
import { isObject, type JsonObject } from '../../core/envelope/json-object.js';
import { own } from '../../core/own.js';
import type { RegisteredSchema } from './registry-client.js';

type NamedSchema = RegisteredSchema & { readonly name: string };

/** What JSON that is valid by a JSON Schema looks like. @param references by the name by which the schema refers to them */
export function jsonSchemaModel({ schema }: RegisteredSchema, references: readonly NamedSchema[]): DataModel {
  const documents = new Map(references.map((one) => [one.name, JSON.parse(one.schema) as unknown]));
  const root: unknown = JSON.parse(schema);
  const reader = new Reader(documents);
  const { type } = reader.valueOf({ schema: root, document: root }, 'Value');
  return reader.model.build(type.kind === 'object' ? [type.name] : []);
}

/** A part of a schema, and the document that its references point into. */
interface Part {
  readonly schema: unknown;
  readonly document: unknown;
}

interface Property {
  readonly part: Part;
  readonly required: boolean;
}

const FORMATS: ReadonlyMap<unknown, DataType> = new Map([
  ['date-time', scalar('DateTime')],
  ['date', scalar('Date')],
  ['uuid', scalar('UUID')],
]);

const ENUM_VALUE = /^(?!(true|false|null)$)[_A-Za-z]\w*$/;
/** S4: references may form a cycle that contains no object. */
const MAX_REFERENCES = 20;

class Reader {
  readonly model = new ModelBuilder();
  readonly #documents: ReadonlyMap<string, unknown>;
  /** The object of each schema that was met: it may contain itself. */
  readonly #objects = new Map<unknown, DataType>();

  constructor(documents: ReadonlyMap<string, unknown>) {
    this.#documents = documents;
  }

  /** @param hint names an object whose schema has no title */
  valueOf(given: Part, hint: string): DataValue {
    const part = this.#resolved(given);
    const { schema, document } = part;
    if (!isObject(schema)) return { type: json('its schema allows any value'), nullable: true };
    const named = schema['type'];
    const types = (Array.isArray(named) ? named : [named]).filter((one) => one !== 'null');
    const nullable = (Array.isArray(named) && named.includes('null')) || schema['nullable'] === true;
    const choice = schema['oneOf'] ?? schema['anyOf'];
    if (Array.isArray(choice) && types[0] === undefined) {
      const branches = choice.map((branch) => ({ schema: branch as unknown, document }));
      const isNull = (branch: Part): boolean => isObject(branch.schema) && branch.schema['type'] === 'null';
      const others = branches.filter((branch) => !isNull(branch));
      const [only] = others;
      if (only === undefined || others.length > 1)
        return { type: json('its schema has several branches'), nullable: nullable || branches.some(isNull) };
      return { type: this.valueOf(only, hint).type, nullable: nullable || branches.some(isNull) };
    }
    if (types.length > 1) return { type: json(`it is one of ${types.join(', ')}`), nullable };
    return { type: this.#typeOf(part, types[0], hint), nullable };
  }

  #typeOf(part: Part, type: unknown, hint: string): DataType {
    const schema = part.schema as JsonObject; // `valueOf` has checked it.
    const values = schema['enum'];
    if (Array.isArray(values)) return this.#enum(schema, values, hint);
    switch (type) {
      case 'boolean':
        return scalar('Boolean');
      case 'integer':
        return scalar(fitsInt(schema) ? 'Int' : 'Long');
      case 'number':
        return scalar('Float');
      case 'string':
        if (schema['contentEncoding'] === 'base64') return scalar('Bytes');
        return FORMATS.get(schema['format']) ?? scalar('String');
      case 'array':
        return { kind: 'list', items: this.valueOf({ ...part, schema: schema['items'] }, `${hint}Item`) };
      default:
        return type === 'object' || isObject(schema['properties']) || Array.isArray(schema['allOf'])
          ? this.#object(part, hint)
          : json('its schema allows several types');
    }
  }

  #object(part: Part, hint: string): DataType {
    const known = this.#objects.get(part.schema);
    if (known !== undefined) return known;
    const schema = part.schema as JsonObject; // `valueOf` has checked it.
    const properties = this.#properties(part);
    if (properties.size === 0) {
      const { additionalProperties: values } = schema;
      if (!isObject(values)) return json('its schema names no properties');
      return { kind: 'map', values: this.valueOf({ ...part, schema: values }, `${hint}Value`) };
    }
    const title = typeof schema['title'] === 'string' ? schema['title'] : hint;
    const name = this.#unusedName(title);
    this.#objects.set(part.schema, { kind: 'object', name });
    return this.model.object(name, textOf(schema['description']), () =>
      [...properties].map(([property, { part: inner, required }]): DataField => {
        const value = this.valueOf(inner, `${title}${property.charAt(0).toUpperCase()}${property.slice(1)}`);
        const description = isObject(inner.schema) ? textOf(inner.schema['description']) : undefined;
        return { name: property, description, type: value.type, nullable: value.nullable || !required };
      }),
    );
  }

  /** With those of `allOf`. */
  #properties(given: Part, depth = 0): Map<string, Property> {
    const { schema, document } = this.#resolved(given);
    const found = new Map<string, Property>();
    if (!isObject(schema) || depth > MAX_REFERENCES) return found;
    const parts = Array.isArray(schema['allOf']) ? (schema['allOf'] as unknown[]) : [];
    for (const part of parts)
      for (const [name, property] of this.#properties({ schema: part, document }, depth + 1))
        found.set(name, property);
    const required: unknown = schema['required'];
    const own = isObject(schema['properties']) ? schema['properties'] : {};
    for (const [name, property] of Object.entries(own))
      found.set(name, { part: { schema: property, document }, required: false });
    for (const [name, property] of found)
      if (Array.isArray(required) && required.includes(name))
        found.set(name, { ...property, required: true });
    return found;
  }

  #enum(schema: JsonObject, values: readonly unknown[], hint: string): DataType {
    const texts = values.filter((value) => value !== null);
    if (!texts.every((value): value is string => typeof value === 'string'))
      return json('its schema lists values of several types');
    // GraphQL cannot name the others.
    if (!texts.every((value) => ENUM_VALUE.test(value))) return scalar('String');
    const name = this.#unusedName(typeof schema['title'] === 'string' ? schema['title'] : hint);
    return this.model.enum({ name, description: textOf(schema['description']), values: texts });
  }

  #unusedName(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.model.objects.has(name) || this.model.enums.has(name); n += 1)
      name = `${wanted}${n}`;
    return name;
  }

  #resolved(given: Part): Part {
    let part = given;
    for (let n = 0; n < MAX_REFERENCES; n += 1) {
      const reference = isObject(part.schema) ? part.schema['$ref'] : undefined;
      if (typeof reference !== 'string') return part;
      const [file = '', pointer = ''] = reference.split('#');
      const document = file === '' ? part.document : this.#documents.get(file);
      part = { document, schema: at(document, pointer) };
    }
    return { ...given, schema: undefined };
  }
}

/** The value at a JSON pointer (RFC 6901). */
function at(document: unknown, pointer: string): unknown {
  const tokens = pointer.split('/').slice(1);
  const names = tokens.map((token) => decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce<unknown>(
    (value, name) =>
      Array.isArray(value)
        ? (value[Number(name)] as unknown)
        : isObject(value)
          ? own(value, name)
          : undefined,
    document,
  );
}

/** Whether a schema says that an integer has 32 bits. `connect.type` is of Kafka Connect's JsonSchemaConverter. */
function fitsInt(schema: JsonObject): boolean {
  const { minimum, maximum } = schema;
  if (schema['format'] === 'int32' || /^int(8|16|32)$/.test(String(schema['connect.type']))) return true;
  return (
    typeof minimum === 'number' && typeof maximum === 'number' && minimum >= -(2 ** 31) && maximum < 2 ** 31
  );
}

const json = (because: string): DataType => ({ kind: 'json', because });

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
