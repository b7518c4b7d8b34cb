import { GraphQLError, type GraphQLSchema, isScalarType, Kind, type ValueNode } from 'graphql';
import { parseDateTime } from '../../core/date-time.js';

/** Whether `value` is a date-time of RFC 3339, section 5.6. */
export function isDateTime(value: unknown): value is string {
  return typeof value === 'string' && parseDateTime(value) !== undefined;
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
