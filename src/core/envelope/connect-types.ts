import { decimalOfBytes, wholeDecimal } from '../decimal.js';
import { dateOf, timeOfDay, timestampText } from '../epoch.js';
import { own } from '../own.js';
import { isObject, type JsonObject } from './json-object.js';

/** Makes of a payload what is shown. */
export type ShowPayload = (payload: unknown) => unknown;

/** A value that its schema does not allow. The message names the field. */
export class UnfitValueError extends Error {
  override readonly name = 'UnfitValueError';
}

const MILLIS = 3;
const MICROS = 6;
const NANOS = 9;

/**
 * The types that Kafka Connect and Debezium put into other ones, by name, and how their values are shown: as those of
 * Avro's logical types are. Debezium's timestamps without a zone are shown without one.
 * @see https://github.com/apache/kafka/tree/trunk/connect/api/src/main/java/org/apache/kafka/connect/data
 * @see https://debezium.io/documentation/reference/stable/connectors/postgresql.html, "Temporal types"
 */
const NAMED_TYPES: ReadonlyMap<string, (value: unknown, schema: JsonObject) => unknown> = new Map([
  ['org.apache.kafka.connect.data.Decimal', decimal],
  ['org.apache.kafka.connect.data.Date', integer(dateOf)],
  ['org.apache.kafka.connect.data.Time', integer((value) => timeOfDay(value, MILLIS))],
  ['org.apache.kafka.connect.data.Timestamp', integer((value) => `${timestampText(value, MILLIS)}Z`)],
  ['io.debezium.data.VariableScaleDecimal', variableScaleDecimal],
  ['io.debezium.time.Date', integer(dateOf)],
  ['io.debezium.time.Time', integer((value) => timeOfDay(value, MILLIS))],
  ['io.debezium.time.MicroTime', integer((value) => timeOfDay(value, MICROS))],
  ['io.debezium.time.NanoTime', integer((value) => timeOfDay(value, NANOS))],
  ['io.debezium.time.Timestamp', integer((value) => timestampText(value, MILLIS))],
  ['io.debezium.time.MicroTimestamp', integer((value) => timestampText(value, MICROS))],
  ['io.debezium.time.NanoTimestamp', integer((value) => timestampText(value, NANOS))],
]);

/** What a schema of JsonConverter makes of its payloads. `undefined`: they are shown as they are. */
export function showPayload(schema: unknown): ShowPayload | undefined {
  if (!isObject(schema)) return undefined;
  const name = own(schema, 'name');
  const named = typeof name === 'string' ? NAMED_TYPES.get(name) : undefined;
  if (named !== undefined) return (value) => (value === null ? null : showNamed(named, value, schema));
  switch (own(schema, 'type')) {
    case 'struct':
      return showStruct(schema);
    case 'array': {
      const items = showPayload(own(schema, 'items'));
      return items && ((list) => (Array.isArray(list) ? list.map(items) : list));
    }
    case 'map':
      return showMap(showPayload(own(schema, 'keys')), showPayload(own(schema, 'values')));
    default:
      return undefined;
  }
}

function showStruct(schema: JsonObject): ShowPayload | undefined {
  const given = own(schema, 'fields');
  const fields = new Map<string, ShowPayload>();
  for (const field of Array.isArray(given) ? given : []) {
    const name = isObject(field) ? own(field, 'field') : undefined;
    const show = showPayload(field);
    if (typeof name === 'string' && show !== undefined) fields.set(name, show);
  }
  return fields.size === 0 ? undefined : (struct) => mapObject(struct, (name) => fields.get(name));
}

/** A map is an object where its keys are text, and otherwise a list of pairs. */
function showMap(keys: ShowPayload | undefined, values: ShowPayload | undefined): ShowPayload | undefined {
  if (keys === undefined && values === undefined) return undefined;
  const shown = (show: ShowPayload | undefined, value: unknown) => (show === undefined ? value : show(value));
  return (map) =>
    Array.isArray(map)
      ? map.map((pair) =>
          Array.isArray(pair) ? [shown(keys, pair[0]), shown(values, pair[1])] : (pair as unknown),
        )
      : mapObject(map, () => values);
}

function mapObject(value: unknown, showOf: (name: string) => ShowPayload | undefined): unknown {
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const show = showOf(name);
    return [name, show === undefined ? member : show(member)] as const;
  });
  return Object.fromEntries(members);
}

/** How much of a value an error shows. */
const MAX_SHOWN_CHARS = 60;

function showNamed(
  named: (value: unknown, schema: JsonObject) => unknown,
  value: unknown,
  schema: JsonObject,
): unknown {
  try {
    return named(value, schema);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const given = own(schema, 'field');
    const field = typeof given === 'string' ? given : 'the payload';
    const shown = typeof value === 'object' ? 'an object' : String(value).slice(0, MAX_SHOWN_CHARS);
    throw new UnfitValueError(`${field} is ${shown}, and ${own(schema, 'name')}: ${error.message}`);
  }
}

/** What is not an integer is shown as it is: the producer wrote something else than its schema says. */
function integer(show: (value: number | bigint) => string) {
  return (value: unknown): unknown => (isInteger(value) ? show(value) : value);
}

const isInteger = (value: unknown): value is number | bigint =>
  Number.isInteger(value) || typeof value === 'bigint';

/** Base64, or a number with `decimal.format=NUMERIC`. */
function decimal(value: unknown, schema: JsonObject): unknown {
  const parameters = own(schema, 'parameters');
  const scale = Number(isObject(parameters) ? own(parameters, 'scale') : 0);
  if (typeof value === 'bigint') return wholeDecimal(value, scale);
  if (typeof value === 'number') return value.toFixed(Math.min(100, Math.max(0, scale)));
  return ofBase64(value, scale);
}

function variableScaleDecimal(value: unknown): unknown {
  if (!isObject(value)) return value;
  const [unscaled, scale] = [own(value, 'value'), own(value, 'scale')];
  return typeof scale === 'number' ? ofBase64(unscaled, scale) : value;
}

function ofBase64(value: unknown, scale: number): unknown {
  return typeof value === 'string' ? decimalOfBytes(Buffer.from(value, 'base64'), scale) : value;
}
