import avsc from 'avsc';
import { bytesOfDecimal, decimalOfBytes } from '../../core/decimal.js';
import { isObject } from '../../core/envelope/json-object.js';
import { dateOf, daysOf, timeOfDay, timestampText, unitsOfTime, unitsOfTimestamp } from '../../core/epoch.js';

const { types } = avsc;

/** Avro's long as a number, or exactly as a bigint beyond 2^53. */
export const LONG = types.LongType.__with({
  fromBuffer: (bytes: Buffer): number | bigint => {
    const value = bytes.readBigInt64LE();
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  },
  toBuffer: (value: number | bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: (value: number | bigint) => value,
  toJSON: (value: number | bigint) => value,
  isValid: (value: unknown) =>
    Number.isSafeInteger(value) || (typeof value === 'bigint' && BigInt.asIntN(64, value) === value),
  compare: (a: number | bigint, b: number | bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

/** The logical type that plain `bytes` get here: text in base64. */
export const BASE64 = 'base64';

type LogicalTypeClass = new (
  schema: avsc.Schema,
  options?: Partial<avsc.ForSchemaOptions>,
) => avsc.types.LogicalType;

/** A logical type by how its values read as JSON, and how that is written again. */
function logical<Raw>(read: (raw: Raw) => unknown, write: (text: string) => Raw): LogicalTypeClass {
  return class extends types.LogicalType {
    constructor(schema: avsc.Schema, options?: Partial<avsc.ForSchemaOptions>) {
      // avsc takes its own long for a logical type, whatever the registry has: it throws beyond 2^53.
      const isLong = isObject(schema) && schema['type'] === 'long';
      super(schema, isLong ? { ...options, typeHook: () => LONG } : options);
    }
    protected override _fromValue(raw: Raw): unknown {
      return read(raw);
    }
    /** `undefined`: avsc reports that the value does not fit. */
    protected override _toValue(value: unknown): Raw | undefined {
      try {
        return typeof value === 'string' || typeof value === 'number' ? write(String(value)) : undefined;
      } catch {
        return undefined;
      }
    }
    protected override _resolve(): undefined {
      return undefined;
    }
  };
}

interface DecimalSchema {
  readonly precision?: number;
  readonly scale?: number;
  /** Of `fixed`, in bytes. */
  readonly size?: number;
}

/** Unscaled big-endian two's complement: exact, as text. */
class Decimal extends types.LogicalType {
  readonly #scale: number;
  readonly #size: number | undefined;
  constructor(schema: avsc.Schema & DecimalSchema, options?: unknown) {
    super(schema, options);
    this.#scale = schema.scale ?? 0;
    this.#size = schema.size;
  }
  protected override _fromValue(bytes: Buffer): string {
    return decimalOfBytes(bytes, this.#scale);
  }
  protected override _toValue(value: unknown): Buffer | undefined {
    return bytesOfDecimal(String(value), this.#scale, this.#size);
  }
  protected override _resolve(): undefined {
    return undefined;
  }
}

type Integer = number | bigint;

/** Avro 1.12, "Logical Types". A `duration` stays fixed bytes. */
export const LOGICAL_TYPES: Readonly<Record<string, LogicalTypeClass>> = {
  [BASE64]: logical<Buffer>(
    (bytes) => bytes.toString('base64'),
    (text) => Buffer.from(text, 'base64'),
  ),
  // avsc gives every logical type the schema that has it, with precision and scale.
  decimal: Decimal as LogicalTypeClass,
  date: logical<number>(dateOf, daysOf),
  'time-millis': logical<Integer>(
    (value) => timeOfDay(value, 3),
    (text) => Number(unitsOfTime(text, 3)),
  ),
  'time-micros': logical<Integer>(
    (value) => timeOfDay(value, 6),
    (text) => unitsOfTime(text, 6),
  ),
  // Not of Avro: of Debezium.
  'time-nanos': logical<Integer>(
    (value) => timeOfDay(value, 9),
    (text) => unitsOfTime(text, 9),
  ),
  ...timestamps('timestamp', 'Z'),
  ...timestamps('local-timestamp', ''),
};

function timestamps(name: string, zone: 'Z' | ''): Record<string, LogicalTypeClass> {
  const digits = { millis: 3, micros: 6, nanos: 9 };
  return Object.fromEntries(
    Object.entries(digits).map(([unit, count]) => [
      `${name}-${unit}`,
      logical<Integer>(
        (value) => timestampText(value, count) + zone,
        (text) => unitsOfTimestamp(zone === '' ? `${text}Z` : text, count),
      ),
    ]),
  );
}

/** What Debezium says only in the name that its types have in Kafka Connect. */
const CONNECT_TYPES: ReadonlyMap<unknown, string> = new Map([
  ['io.debezium.time.Date', 'date'],
  ['io.debezium.time.Time', 'time-millis'],
  ['io.debezium.time.MicroTime', 'time-micros'],
  ['io.debezium.time.NanoTime', 'time-nanos'],
  ['io.debezium.time.Timestamp', 'local-timestamp-millis'],
  ['io.debezium.time.MicroTimestamp', 'local-timestamp-micros'],
  ['io.debezium.time.NanoTimestamp', 'local-timestamp-nanos'],
]);

/** The logical type of a schema of Kafka Connect's AvroConverter that has none of Avro's. */
export function connectType(schema: unknown): string | undefined {
  if (!isObject(schema) || 'logicalType' in schema) return undefined;
  return CONNECT_TYPES.get(schema['connect.name']);
}
