import { GraphQLError, type GraphQLSchema, isScalarType, Kind, type ValueNode } from 'graphql';

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Whether it is a date and time of RFC 3339 section 5.6, on a day that its month has. */
export function isDateTime(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const match = DATE_TIME.exec(value);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function dateTime(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (isDateTime(value)) return value;
  throw new GraphQLError('A DateTime is a string of RFC 3339, such as "2026-01-31T09:30:00Z".');
}

function cursor(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError('A Cursor is a string.');
}

/** Gives the built-in scalars their meaning: both are strings wherever they are. */
export function implementScalars(schema: GraphQLSchema): void {
  for (const [name, check] of [
    ['DateTime', dateTime],
    ['Cursor', cursor],
  ] as const) {
    const type = schema.getType(name);
    if (!isScalarType(type)) continue;
    type.serialize = check;
    type.parseValue = check;
    type.parseLiteral = (node: ValueNode) => check(node.kind === Kind.STRING ? node.value : undefined);
  }
}
