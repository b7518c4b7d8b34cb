import { GraphQLError, type GraphQLScalarType, type GraphQLSchema, isScalarType, Kind } from 'graphql';
import { parseDateTime } from '../../core/date-time.js';
import { decimalText, parseDecimal } from '../../core/decimal-number.js';
import { integerDigits } from '../../core/integer-digits.js';
import { exactLiteral } from './literals.js';
import { isBuiltInNode } from './schema-source.js';

/** A scalar of schema/directives.graphql. */
export interface BuiltInScalar {
  /** Result coercion and input coercion alike. @throws {GraphQLError} that says what the scalar takes */
  readonly coerce: (value: unknown) => unknown;
  /** The type of its values in expressions; `dyn` is not type-checked. */
  readonly celType: 'int' | 'string' | 'Decimal' | 'google.protobuf.Timestamp' | 'dyn';
  /** What data have of a value that is published, if that is not what is shown. */
  readonly store?: (value: unknown) => unknown;
  /** What a value is in JSON: of `integer` and `json`, an integer beyond 2^53 is a number too. */
  readonly json: 'integer' | 'text' | 'json';
}

/** Whether `value` is a date-time of RFC 3339, section 5.6. */
export function isDateTime(value: unknown): value is string {
  return typeof value === 'string' && parseDateTime(value) !== undefined;
}

/** A scalar that is text of one form. */
function text(
  is: (value: string) => boolean,
  problem: string,
  celType: BuiltInScalar['celType'] = 'string',
): BuiltInScalar {
  return {
    celType,
    json: 'text',
    coerce: (value) => {
      if (typeof value === 'string' && is(value)) return value;
      throw new GraphQLError(problem);
    },
  };
}

const DATE_TIME = text(
  isDateTime,
  'A DateTime must be an RFC 3339 string, such as "2026-01-31T09:30:00Z".',
  'google.protobuf.Timestamp',
);
const BYTES = text(
  (value) => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value),
  'Bytes must be a string in base64, such as "AAEC/w==".',
);

/** S4: a number of more digits takes more than linear time to read. */
const INTEGER = /^[+-]?\d{1,1000}$/;

/** As data have it: a number, or a `bigint` beyond 2^53. `undefined`: it is not an integer. */
function integerOf(value: unknown): number | bigint | undefined {
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  if (!isNumber && !(typeof value === 'string' && INTEGER.test(value))) return undefined;
  const digits = integerDigits(String(value).replace('+', ''));
  if (digits === undefined) return undefined;
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

function integer(bits: number | undefined, problem: string): BuiltInScalar {
  return {
    celType: 'int',
    json: 'integer',
    coerce: (value) => {
      const exact = integerOf(value);
      const isInRange =
        exact !== undefined && (bits === undefined || BigInt.asIntN(bits, BigInt(exact)) === BigInt(exact));
      if (isInRange) return exact;
      throw new GraphQLError(problem);
    },
  };
}

/** Text keeps its digits, such as those of `12.50`. */
function decimal(value: unknown): string {
  const written = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  const parsed = typeof written === 'string' ? parseDecimal(written) : undefined;
  if (parsed === undefined)
    throw new GraphQLError('A Decimal must be a decimal number, such as "12.50", of at most 1,000 digits.');
  return /e/i.test(String(written)) ? decimalText(parsed) : String(written);
}

const SCALARS: ReadonlyMap<string, BuiltInScalar> = new Map([
  [
    'DateTime',
    {
      ...DATE_TIME,
      coerce: (value: unknown) =>
        value instanceof Date && !Number.isNaN(value.getTime())
          ? value.toISOString()
          : DATE_TIME.coerce(value),
    },
  ],
  ['Cursor', text(() => true, 'A Cursor must be a string.')],
  ['Long', integer(64, 'A Long must be an integer of 64 bits.')],
  ['BigInt', integer(undefined, 'A BigInt must be an integer of at most 1,000 digits.')],
  ['Decimal', { celType: 'Decimal', json: 'text', coerce: decimal }],
  [
    'Date',
    text(
      (value) => /^\d{4}-\d\d-\d\d$/.test(value) && isDateTime(`${value}T00:00:00Z`),
      'A Date must be a string such as "2026-01-31".',
    ),
  ],
  [
    'Time',
    text(
      // Databases know times of more than a day, and below zero.
      (value) => /^-?\d{2,4}:[0-5]\d:[0-5]\d(\.\d+)?$/.test(value),
      'A Time must be a string such as "09:30:00.123".',
    ),
  ],
  [
    'LocalDateTime',
    text(
      (value) => /^[\d-]+T[\d:.]+$/.test(value) && isDateTime(`${value}Z`),
      'A LocalDateTime must be a string such as "2026-01-31T09:30:00.123", without an offset.',
    ),
  ],
  [
    'UUID',
    text(
      (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
      'A UUID must be a string such as "550e8400-e29b-41d4-a716-446655440000".',
    ),
  ],
  [
    'Bytes',
    {
      ...BYTES,
      coerce: (value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('base64') : BYTES.coerce(value),
    },
  ],
  ['JSON', { celType: 'dyn', json: 'json', coerce: (value: unknown) => value }],
]);

/** Those that a project may declare itself. Then they are its own, and every schema has only those that it uses. */
export const OPTIONAL_SCALARS: ReadonlySet<string> = new Set(
  [...SCALARS.keys()].filter((name) => name !== 'DateTime' && name !== 'Cursor'),
);

/** The key in a type's extensions: a scalar that the project declares may have the same name. */
const BUILT_IN = Symbol('built-in scalar');

/** By its name, whatever a schema declares. */
export const builtInScalarNamed = (name: string): BuiltInScalar | undefined => SCALARS.get(name);

/** What a leaf type does, if it is a scalar of schema/directives.graphql. */
export function builtInScalar(type: { readonly extensions?: object }): BuiltInScalar | undefined {
  // Only `withBehaviour` writes the symbol.
  return type.extensions && (Reflect.get(type.extensions, BUILT_IN) as BuiltInScalar | undefined);
}

/**
 * Gives the scalars their coercion. A scalar that the project declares takes all JSON; integers in the text of a document are
 * as exact there as in variables.
 */
export function implementScalars(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isScalarType(type) || type.astNode == null) continue;
    const scalar = isBuiltInNode(type.astNode) ? SCALARS.get(type.name) : undefined;
    if (scalar !== undefined) withBehaviour(type, scalar);
    else type.parseLiteral = (node, variables) => type.parseValue(exactLiteral(node, variables));
  }
}

/** @returns the type, changed */
export function withBehaviour(type: GraphQLScalarType, scalar: BuiltInScalar): GraphQLScalarType {
  const { coerce } = scalar;
  type.extensions = { ...type.extensions, [BUILT_IN]: scalar };
  type.serialize = coerce;
  type.parseValue = coerce;
  type.parseLiteral = (node, variables) => {
    if (scalar.json === 'json') return exactLiteral(node, variables);
    const isNumber = node.kind === Kind.INT || node.kind === Kind.FLOAT;
    if (isNumber && scalar.celType !== 'string') return coerce(node.value);
    return coerce(node.kind === Kind.STRING ? node.value : undefined);
  };
  return type;
}
