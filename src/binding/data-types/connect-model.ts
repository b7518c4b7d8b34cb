import {
  type DataField,
  type DataModel,
  type DataType,
  type DataValue,
  ModelBuilder,
  scalar,
} from '../../core/data-model.js';
import { isObject, type JsonObject } from '../../core/envelope/json-object.js';

/** The types of Kafka Connect, and what it and Debezium put into them, as `core/envelope/connect-types.ts` shows them. */
const TYPES: ReadonlyMap<unknown, DataType> = new Map([
  ['int8', scalar('Int')],
  ['int16', scalar('Int')],
  ['int32', scalar('Int')],
  ['int64', scalar('Long')],
  ['float', scalar('Float')],
  ['double', scalar('Float')],
  ['boolean', scalar('Boolean')],
  ['string', scalar('String')],
  ['bytes', scalar('Bytes')],
]);
const NAMED: ReadonlyMap<unknown, DataType> = new Map([
  ['org.apache.kafka.connect.data.Decimal', scalar('Decimal')],
  ['org.apache.kafka.connect.data.Date', scalar('Date')],
  ['org.apache.kafka.connect.data.Time', scalar('Time')],
  ['org.apache.kafka.connect.data.Timestamp', scalar('DateTime')],
  ['io.debezium.data.VariableScaleDecimal', scalar('Decimal')],
  ['io.debezium.data.Uuid', scalar('UUID')],
  ['io.debezium.time.Date', scalar('Date')],
  ['io.debezium.time.Time', scalar('Time')],
  ['io.debezium.time.MicroTime', scalar('Time')],
  ['io.debezium.time.NanoTime', scalar('Time')],
  ['io.debezium.time.Timestamp', scalar('LocalDateTime')],
  ['io.debezium.time.MicroTimestamp', scalar('LocalDateTime')],
  ['io.debezium.time.NanoTimestamp', scalar('LocalDateTime')],
  ['io.debezium.time.ZonedTimestamp', scalar('DateTime')],
]);

/**
 * What the payloads of JsonConverter look like, by the schemas that stand beside them.
 * @param schemas of one topic. Of several versions of one struct, the last one counts
 * @param fallback the name of a struct that has none
 */
export function connectModel(schemas: readonly JsonObject[], fallback: string): DataModel {
  const builder = new ModelBuilder();
  const roots = new Set<string>();
  for (const schema of [...schemas].reverse()) {
    const type = structOf(schema, fallback, builder);
    if (type.kind === 'object') roots.add(type.name);
  }
  return builder.build([...roots]);
}

function dataValue(schema: unknown, hint: string, model: ModelBuilder): DataValue {
  if (!isObject(schema)) return { type: json('its schema is missing'), nullable: true };
  return { type: typeOf(schema, hint, model), nullable: schema['optional'] === true };
}

function typeOf(schema: JsonObject, hint: string, model: ModelBuilder): DataType {
  const named = NAMED.get(schema['name']);
  if (named !== undefined) return named;
  switch (schema['type']) {
    case 'struct':
      return structOf(schema, hint, model);
    case 'array':
      return { kind: 'list', items: dataValue(schema['items'], `${hint}Item`, model) };
    case 'map':
      return { kind: 'map', values: dataValue(schema['values'], `${hint}Value`, model) };
    default:
      return TYPES.get(schema['type']) ?? json(`its type is ${String(schema['type'])}`);
  }
}

function structOf(schema: JsonObject, hint: string, model: ModelBuilder): DataType {
  const name = typeof schema['name'] === 'string' ? schema['name'] : hint;
  const fields = Array.isArray(schema['fields']) ? schema['fields'].filter(isObject) : [];
  return model.object(name, textOf(schema['doc']), () =>
    fields.map((field): DataField => {
      const own = String(field['field']);
      return { name: own, description: textOf(field['doc']), ...dataValue(field, `${hint}_${own}`, model) };
    }),
  );
}

const json = (because: string): DataType => ({ kind: 'json', because });

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
