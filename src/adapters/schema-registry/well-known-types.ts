import protobuf from 'protobufjs';
import { isObject } from '../../core/envelope/json-object.js';
import { timestampText, unitsOfTimestamp } from '../../core/epoch.js';

/** A value from what protobufjs decodes to JSON, and back. */
export interface Json {
  toJson(value: unknown): unknown;
  fromJson(json: unknown): unknown;
}

/** A 64-bit integer: exact, as protobufjs wants it. What is none is left to its check. */
export function longOf(json: unknown, isUnsigned = false): unknown {
  if (typeof json !== 'bigint' && typeof json !== 'number' && typeof json !== 'string') return json;
  if (!/^-?\d{1,20}$/.test(String(json))) return json;
  const value = BigInt(json);
  const isInRange = (isUnsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value)) === value;
  if (!isInRange) return json;
  const [low, high] = [value, value >> 32n].map((bits) => Number(BigInt.asIntN(32, bits)));
  return new protobuf.util.Long(low, high, isUnsigned);
}

/** A 64-bit integer as a number, or exactly as a bigint beyond 2^53. */
export function numberOf(value: unknown): number | bigint {
  const exact = BigInt(String(value ?? 0));
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

const NANOS_PER_SECOND = 1_000_000_000n;
const NANO_DIGITS = 9;

interface SecondsAndNanos {
  readonly seconds?: unknown;
  readonly nanos?: unknown;
}

const nanosOf = (value: unknown): bigint => {
  const { seconds, nanos }: SecondsAndNanos = isObject(value) ? value : {};
  return BigInt(String(seconds ?? 0)) * NANOS_PER_SECOND + BigInt(String(nanos ?? 0));
};

const secondsAndNanos = (nanos: bigint) => {
  const rest = ((nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  return { seconds: longOf((nanos - rest) / NANOS_PER_SECOND), nanos: Number(rest) };
};

const TIMESTAMP: Json = {
  toJson: (value) => `${trimmed(timestampText(nanosOf(value), NANO_DIGITS))}Z`,
  fromJson: (json) =>
    typeof json === 'string' ? secondsAndNanos(BigInt(unitsOfTimestamp(json, NANO_DIGITS))) : json,
};

/** `3.5s`. Seconds and nanoseconds have the same sign. */
const DURATION: Json = {
  toJson: (value) => {
    const nanos = nanosOf(value);
    const digits = String(nanos < 0n ? -nanos : nanos).padStart(NANO_DIGITS + 1, '0');
    const seconds = `${digits.slice(0, -NANO_DIGITS)}.${digits.slice(-NANO_DIGITS)}`;
    return `${nanos < 0n ? '-' : ''}${trimmed(seconds)}s`;
  },
  fromJson: (json) => {
    const [, sign, seconds = '', fraction = ''] =
      /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(String(json)) ?? [];
    if (sign === undefined) return json;
    const nanos = BigInt(seconds + fraction.padEnd(NANO_DIGITS, '0')) * (sign === '-' ? -1n : 1n);
    return { seconds: longOf(nanos / NANOS_PER_SECOND), nanos: Number(nanos % NANOS_PER_SECOND) };
  },
};

/** A fraction in 0, 3, 6 or 9 digits, as the JSON mapping has it. */
function trimmed(text: string): string {
  return text.replace(/(?:\.000000000|000000|000)$/, '');
}

/** Wrappers: the value, or null. */
const wrapper = (absent: unknown, { toJson, fromJson }: Json): Json => ({
  toJson: (value) => toJson(isObject(value) && Object.hasOwn(value, 'value') ? value['value'] : absent),
  fromJson: (json) => ({ value: fromJson(json) }),
});

const PLAIN: Json = { toJson: (value) => value, fromJson: (json) => json };
const integer = (isUnsigned: boolean): Json => ({
  toJson: numberOf,
  fromJson: (json) => longOf(json, isUnsigned),
});
const BYTES: Json = {
  toJson: (value) => Buffer.from(value as Uint8Array).toString('base64'),
  fromJson: (json) => Buffer.from(String(json), 'base64'),
};

/** google.protobuf.Value: any JSON. */
const VALUE: Json = {
  toJson: (value) => {
    if (!isObject(value)) return null;
    if (Object.hasOwn(value, 'structValue')) return STRUCT.toJson(value['structValue']);
    if (Object.hasOwn(value, 'listValue')) return LIST.toJson(value['listValue']);
    for (const kind of ['numberValue', 'stringValue', 'boolValue'])
      if (Object.hasOwn(value, kind)) return value[kind];
    return null;
  },
  fromJson: (json) => {
    if (json === null) return { nullValue: 0 };
    if (Array.isArray(json)) return { listValue: LIST.fromJson(json) };
    if (isObject(json)) return { structValue: STRUCT.fromJson(json) };
    if (typeof json === 'string') return { stringValue: json };
    return typeof json === 'boolean' ? { boolValue: json } : { numberValue: Number(json) };
  },
};

const STRUCT: Json = {
  toJson: (value) => mapped(isObject(value) ? value['fields'] : undefined, VALUE.toJson),
  fromJson: (json) => ({ fields: mapped(json, VALUE.fromJson) }),
};

const LIST: Json = {
  toJson: (value) => {
    const values = isObject(value) ? value['values'] : undefined;
    return Array.isArray(values) ? values.map(VALUE.toJson) : [];
  },
  fromJson: (json) => ({ values: Array.isArray(json) ? json.map(VALUE.fromJson) : [] }),
};

function mapped(value: unknown, convert: (item: unknown) => unknown): unknown {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, convert(item)]))
    : {};
}

/** Messages that JSON has another form for (protobuf.dev, "ProtoJSON format"). */
export const WELL_KNOWN_TYPES: ReadonlyMap<string, Json> = new Map([
  ['google.protobuf.Timestamp', TIMESTAMP],
  ['google.protobuf.Duration', DURATION],
  ['google.protobuf.Struct', STRUCT],
  ['google.protobuf.Value', VALUE],
  ['google.protobuf.ListValue', LIST],
  ['google.protobuf.StringValue', wrapper('', PLAIN)],
  ['google.protobuf.BoolValue', wrapper(false, PLAIN)],
  ['google.protobuf.Int32Value', wrapper(0, PLAIN)],
  ['google.protobuf.UInt32Value', wrapper(0, PLAIN)],
  ['google.protobuf.FloatValue', wrapper(0, PLAIN)],
  ['google.protobuf.DoubleValue', wrapper(0, PLAIN)],
  ['google.protobuf.Int64Value', wrapper(0, integer(false))],
  ['google.protobuf.UInt64Value', wrapper(0, integer(true))],
  ['google.protobuf.BytesValue', wrapper(new Uint8Array(), BYTES)],
]);
