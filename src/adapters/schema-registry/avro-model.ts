import {
  type DataField,
  type DataModel,
  type DataType,
  type DataValue,
  ModelBuilder,
  scalar,
} from '../../core/data-model.js';
import { isObject, type JsonObject } from '../../core/envelope/json-object.js';
import { connectType } from './avro-types.js';
import type { RegisteredSchema } from './registry-client.js';

const PRIMITIVES: ReadonlyMap<string, DataType> = new Map([
  ['boolean', scalar('Boolean')],
  ['int', scalar('Int')],
  ['long', scalar('Long')],
  ['float', scalar('Float')],
  ['double', scalar('Float')],
  ['string', scalar('String')],
  ['bytes', scalar('Bytes')],
]);

/** By logical type and what is beneath it, as `avro-types.ts` shows them. */
const LOGICAL: ReadonlyMap<string, DataType> = new Map([
  ['decimal bytes', scalar('Decimal')],
  ['decimal fixed', scalar('Decimal')],
  ['date int', scalar('Date')],
  ['time-millis int', scalar('Time')],
  ['time-micros long', scalar('Time')],
  ['time-nanos long', scalar('Time')],
  ['uuid string', scalar('UUID')],
  ...['millis', 'micros', 'nanos'].flatMap((unit): [string, DataType][] => [
    [`timestamp-${unit} long`, scalar('DateTime')],
    [`local-timestamp-${unit} long`, scalar('LocalDateTime')],
  ]),
]);

/**
 * What values of an Avro schema look like as `avroSerde` shows them.
 * @param references the schemas that it refers to, each after those that it uses
 * @see https://avro.apache.org/docs/1.12.0/specification/
 */
export function avroModel({ schema }: RegisteredSchema, references: readonly RegisteredSchema[]): DataModel {
  const reader = new Reader();
  for (const reference of references) reader.valueOf(JSON.parse(reference.schema), '');
  const { type } = reader.valueOf(JSON.parse(schema), '');
  const roots = type.kind === 'union' ? type.names : type.kind === 'object' ? [type.name] : [];
  return reader.model.build(roots);
}

class Reader {
  readonly model = new ModelBuilder();
  /** Named types by their full name. */
  readonly #named = new Map<string, DataType>();

  valueOf(schema: unknown, namespace: string): DataValue {
    if (Array.isArray(schema)) return this.#union(schema, namespace);
    return { type: this.#typeOf(schema, namespace), nullable: schema === 'null' };
  }

  #typeOf(schema: unknown, namespace: string): DataType {
    if (typeof schema === 'string') return this.#referred(schema, namespace);
    if (!isObject(schema)) return json('its schema is invalid');
    const { type } = schema;
    if (typeof type === 'object') return this.valueOf(type, namespace).type;
    const logicalType = connectType(schema) ?? schema['logicalType'];
    const logical = LOGICAL.get(`${logicalType} ${type}`);
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(schema, namespace);
      case 'enum': {
        const name = fullName(schema, namespace);
        const values = Array.isArray(schema['symbols']) ? schema['symbols'].map(String) : [];
        return this.#define(name, this.model.enum({ name, description: textOf(schema['doc']), values }));
      }
      case 'fixed':
        return this.#define(fullName(schema, namespace), logical ?? scalar('Bytes'));
      case 'array':
        return { kind: 'list', items: this.valueOf(schema['items'], namespace) };
      case 'map':
        return { kind: 'map', values: this.valueOf(schema['values'], namespace) };
      default:
        return logical ?? this.#referred(String(type), namespace);
    }
  }

  #referred(name: string, namespace: string): DataType {
    const primitive = PRIMITIVES.get(name);
    if (primitive !== undefined) return primitive;
    if (name === 'null') return json('it is always null');
    return (
      this.#named.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ??
      this.#named.get(name) ??
      json(`its schema does not define ${name}`)
    );
  }

  #record(schema: JsonObject, namespace: string): DataType {
    const name = fullName(schema, namespace);
    // Before its fields, which may refer to it.
    this.#define(name, { kind: 'object', name });
    const inner = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    const fields = Array.isArray(schema['fields']) ? schema['fields'].filter(isObject) : [];
    return this.model.object(name, textOf(schema['doc']), () =>
      fields.map((field): DataField => {
        const value = this.valueOf(field['type'], inner);
        return { name: String(field['name']), description: textOf(field['doc']), ...value };
      }),
    );
  }

  #define(name: string, type: DataType): DataType {
    this.#named.set(name, type);
    return type;
  }

  #union(branches: readonly unknown[], namespace: string): DataValue {
    const types = branches
      .filter((branch) => branch !== 'null')
      .map((branch) => this.#typeOf(branch, namespace));
    const nullable = branches.includes('null');
    const [only, ...others] = types;
    if (only === undefined) return { type: json('it is always null'), nullable: true };
    if (others.length === 0) return { type: only, nullable };
    const names = types.flatMap((type) => (type.kind === 'object' ? [type.name] : []));
    if (names.length === types.length) return { type: { kind: 'union', names }, nullable };
    return { type: json('it is a union of types that are not all records'), nullable };
  }
}

const json = (because: string): DataType => ({ kind: 'json', because });

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Of a named type. A name with dots has its namespace in it. */
function fullName(schema: JsonObject, namespace: string): string {
  const name = String(schema['name']);
  if (name.includes('.')) return name;
  const own = textOf(schema['namespace']) ?? namespace;
  return own === '' ? name : `${own}.${name}`;
}
