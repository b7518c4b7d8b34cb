import { GraphQLError, type GraphQLSchema, isScalarType, Kind, type ValueNode } from 'graphql';

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Whether `value` is a date-time of RFC 3339, section 5.6. Its day must exist in its month. */
export function isDateTime(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const match = DATE_TIME.exec(value);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Result coercion and input coercion alike. */
function coerceDateTime(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (isDateTime(value)) return value;
  throw new GraphQLError('A DateTime must be an RFC 3339 string, such as "2026-01-31T09:30:00Z".');
}

function coerceCursor(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError('A Cursor must be a string.');
}

/** Gives the built-in scalars their coercion. Both are strings in JSON, in arguments and in results. */
export function implementScalars(schema: GraphQLSchema): void {
  for (const [name, coerce] of [
    ['DateTime', coerceDateTime],
    ['Cursor', coerceCursor],
  ] as const) {
    const type = schema.getType(name);
    if (!isScalarType(type)) continue;
    type.serialize = coerce;
    type.parseValue = coerce;
    type.parseLiteral = (node: ValueNode) => coerce(node.kind === Kind.STRING ? node.value : undefined);
  }
}
