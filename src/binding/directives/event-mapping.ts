import type { ConstDirectiveNode } from 'graphql';
import { type DecodeFault, fault } from '../../core/envelope/envelope.js';
import { isObject } from '../../core/envelope/json-object.js';
import type { Mapped, MappedRecord, RecordMapping } from '../../core/envelope/mapping.js';
import { timestampOf } from '../../core/record-metadata.js';
import { fromCel } from '../cel/cel-values.js';
import { type CompiledExpression, ExpressionCompiler, RESULT_TYPES } from '../cel/compiler.js';
import { reasonOf } from '../cel/evaluation.js';
import { WRITTEN_RECORD } from '../cel/record-shape.js';
import { Timestamp } from '../cel/timestamp.js';
import type { Diagnostics } from '../diagnostic.js';
import { isDateTime } from '../sdl/scalars.js';
import { stringNodeOf } from './applied-directives.js';

/** The members of `input EventExpressions`. */
type Member = 'type' | 'id' | 'time' | 'subject' | 'correlationId' | 'data';

/** How the value of a member is read. `read` returns `undefined` for a value that is not `expected`. */
interface MemberKind {
  readonly result: Parameters<ExpressionCompiler['compile']>[1];
  readonly expected: string;
  read(value: unknown): unknown;
}

const TEXT = { result: RESULT_TYPES.ID, expected: 'a text or an integer', read: textOf };
const MEMBERS: Readonly<Record<Member, MemberKind>> = {
  type: {
    result: RESULT_TYPES.TEXT,
    expected: 'a text',
    read: (value) => (typeof value === 'string' ? value : undefined),
  },
  id: TEXT,
  time: { result: RESULT_TYPES.TIME, expected: 'a time', read: timeOf },
  subject: TEXT,
  correlationId: TEXT,
  data: {
    result: RESULT_TYPES.MAP,
    expected: 'a JSON object',
    read: (value) => (isObject(value) ? value : undefined),
  },
};

interface MemberExpression {
  readonly member: Member;
  readonly expression: CompiledExpression;
  readonly readsValue: boolean;
}

/**
 * Compiles `@topic(event:)`: expressions over `record`, which say where the records of a topic have the parts of their
 * event. `undefined`: one of them is invalid, and a diagnostic was added.
 * @param given the argument, as graphql-js has coerced it
 */
export function eventMapping(
  given: Readonly<Partial<Record<Member, string | null>>>,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): RecordMapping | undefined {
  const compiler = new ExpressionCompiler({ record: WRITTEN_RECORD }, diagnostics);
  const names = (Object.keys(MEMBERS) as Member[]).filter((member) => given[member] != null);
  const members = names.flatMap((member): MemberExpression[] => {
    const text = stringNodeOf(node, `event.${member}`);
    const expression = text && compiler.compile(text, MEMBERS[member].result);
    if (expression === undefined) return [];
    const reads = expression.reads.get('record');
    return [{ member, expression, readsValue: reads === 'all' || reads?.has('value') === true }];
  });
  if (members.length < names.length) return undefined;
  return {
    sources: Object.fromEntries(members.map(({ member, expression }) => [member, expression.source])),
    readsValue: members.some(({ readsValue }) => readsValue),
    mapsData: names.includes('data'),
    mapsSubject: names.includes('subject'),
    map: (record) => mapped(members, record),
  };
}

/** A tombstone has no value to read: the envelope's defaults apply to members that read the value. */
function mapped(members: readonly MemberExpression[], record: MappedRecord): Mapped | DecodeFault {
  const found: Partial<Record<Member, unknown>> = {};
  for (const { member, expression, readsValue } of members) {
    if (record.isTombstone && (readsValue || member === 'data')) {
      if (member === 'subject') found.subject = null;
      continue;
    }
    const result = memberValue(member, expression, record);
    if ('ok' in result) return result;
    const { value } = result;
    if (value !== null || member === 'subject') found[member] = value;
    else if (!record.isTombstone && (member === 'type' || member === 'data'))
      return fault('event', `event.${member}: ${expression.source} is null or absent`);
  }
  const { correlationId, ...others } = found;
  // Each was read as what its member is.
  return (correlationId === undefined ? others : { ...others, correlationid: correlationId }) as Mapped;
}

/** D10: data is a producer's own, and may have the members of a fault, so a value is never taken for one. */
function memberValue(
  member: Member,
  { source, evaluate }: CompiledExpression,
  record: MappedRecord,
): { readonly value: unknown } | DecodeFault {
  let value: unknown;
  try {
    value = fromCel(evaluate({ args: {}, claims: {}, record: variableOf(record) }));
  } catch (cause) {
    return fault('event', `event.${member}: ${source} has no value: ${reasonOf(cause)}`);
  }
  if (value === null || value === undefined || value === '') return { value: null };
  const { read, expected } = MEMBERS[member];
  const found = read(value);
  if (found !== undefined) return { value: found };
  return fault('event', `event.${member}: ${source} is ${described(value)}, not ${expected}`);
}

/** As CEL has it: an integer is a `bigint`. The JSON of the value is as it was parsed. */
function variableOf({ key, headers, value, timestamp, topic, partition, offset }: MappedRecord): object {
  const seconds = Math.floor(timestamp / 1000);
  const time = new Timestamp({ seconds, nanos: (timestamp - seconds * 1000) * 1e6 });
  const position = { topic, partition: BigInt(partition), offset: BigInt(offset) };
  return { key, headers, value, timestamp: time, ...position };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'bigint') return String(value);
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** The largest distance of a date from 1970, in milliseconds (ECMA-262, Time Values and Time Range). */
const MAX_TIME_MS = 8.64e15;

/** RFC 3339, or milliseconds since 1970. */
function timeOf(value: unknown): string | undefined {
  if (typeof value === 'string') return isDateTime(value) ? timestampOf(value) : undefined;
  const isMilliseconds = typeof value === 'number' && Math.abs(value) <= MAX_TIME_MS;
  return isMilliseconds ? timestampOf(new Date(value).toISOString()) : undefined;
}

/** How much of a value a reason shows. */
const MAX_SHOWN_CHARS = 60;

function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_SHOWN_CHARS)) : String(value);
}
