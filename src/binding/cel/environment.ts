import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { own } from '../../core/own.js';
import { asCall, asFieldSelection, asIdentifier, type CelNode, childrenOf } from './ast.js';
import { registerDecimals } from './decimal.js';
import { Message } from './message.js';
import { print, type Rewrite } from './print.js';
import { RegularExpressions } from './regular-expressions.js';
import { registerStrings, stringFunction } from './strings.js';
import { registerTimestamps } from './timestamp.js';

/**
 * S4: CEL bounds an expression by its size and depth. The size of its input is bounded by
 * `MAX_SUBSCRIPTION_CHARS` for arguments and by the log's limit for events.
 */
const LIMITS = { maxAstNodes: 2_000, maxDepth: 50 } as const;
/** Of what is evaluated: `forEvaluation` replaces a node by several, and one level by at most three. */
const EVALUATION_LIMITS = { maxAstNodes: 20_000, maxDepth: 250, maxListElements: 2_000 } as const;

/** Registered only where it is needed: each overload makes all others slower to register. */
interface Needs {
  readonly hasDecimals?: boolean;
}

/**
 * An environment that type-checks expressions and evaluates none, with what cel-js lacks of CEL's timestamps, and overloads of `==` that GraphQL values need: JSON does not tell 1
 * from 1.0, and an optional value is null. Registering `a == b` also registers `b == a` and both `!=`.
 */
export function newCheckingEnvironment({ hasDecimals = false }: Needs = {}): Environment {
  const environment = newEnvironment(LIMITS);
  if (hasDecimals) registerDecimals(environment);
  environment.registerFunction('string(google.protobuf.Timestamp): string', String);
  environment.registerFunction('int(google.protobuf.Timestamp): int', Number);
  environment.registerFunction(
    'timestamp(google.protobuf.Timestamp): google.protobuf.Timestamp',
    (time: unknown) => time,
  );
  const nullable = ['google.protobuf.Timestamp', 'google.protobuf.Duration', 'bytes', 'map'];
  for (const type of nullable)
    environment.registerOperator(`${type} == null`, (a: unknown, b: unknown) => a === b);
  return environment;
}

/**
 * An environment that evaluates what `forEvaluation` printed, with every variable as `dyn`. With typed variables,
 * cel-js would also enforce the types of values, and an event with a null would fail reads that the expression guards.
 */
export function newEvaluationEnvironment(
  variables: readonly string[],
  expressions = new RegularExpressions(),
  { hasDecimals = false }: Needs = {},
): Environment {
  const environment = newEnvironment(EVALUATION_LIMITS);
  environment.registerType('Message', Message);
  environment.registerFunction('hasField(dyn, list): bool', hasField);
  environment.registerFunction('memberOf(dyn, string): dyn', memberOf);
  environment.registerFunction('isPresent(dyn): bool', (value: unknown) => value !== null);
  environment.registerFunction('mapOf(list): map', mapOf);
  environment.registerFunction('matchesRe2(dyn, dyn): bool', (text: unknown, pattern: unknown) =>
    expressions.matches(text, pattern),
  );
  registerTimestamps(environment);
  registerStrings(environment);
  if (hasDecimals) registerDecimals(environment);
  for (const variable of variables) environment.registerVariable(variable, 'dyn');
  return environment;
}

function newEnvironment(limits: typeof LIMITS | typeof EVALUATION_LIMITS): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits });
  for (const type of ['int', 'double', 'string', 'bool', 'list'])
    environment.registerOperator(`${type} == null`, (a: unknown, b: unknown) => a === b);
  // What cel-js lacks of CEL's conversions.
  environment.registerFunction('string(google.protobuf.Duration): string', String);
  environment.registerFunction(
    'duration(google.protobuf.Duration): google.protobuf.Duration',
    (it: unknown) => it,
  );
  environment.registerFunction('int(uint): int', (value: { valueOf(): bigint }) => value.valueOf());
  // Exact, as JavaScript compares a bigint and a number: beyond 2^53, `Number(a)` would equal the id next to it.
  // biome-ignore lint/suspicious/noDoubleEquals: `===` is false for a bigint and a number
  environment.registerOperator('int == double', (a: unknown, b: unknown) => a == b);
  return environment;
}

/**
 * The text of a node for `newEvaluationEnvironment`. Where cel-js differs from CEL, or from what the schema promises,
 * the text calls a function of that environment instead:
 *
 * - `has(a.b.c)`: cel-js sees no difference between reading a field and asking whether it is there
 * - `text.matches(pattern)`: cel-js takes JavaScript's regular expressions, some of which take exponential time
 * - `timestamp(text)`: see `Timestamp`
 * - `text.substring(1)`: see `strings.ts`
 * - `{'constructor': 1}`: cel-js drops the keys `constructor`, `prototype` and `__proto__`
 */
export function forEvaluation(node: CelNode): string {
  return print(node, rewrite);
}

/**
 * The text of a node over a record as it was read (`@topic(event:)`), whose JSON no schema describes: as `forEvaluation`,
 * but reading what is absent gives null, and `has()` of it is false.
 */
export function forRecords(node: CelNode): string {
  return print(node, (one, inner) => {
    const call = asCall(one);
    if (call?.name === 'has' && call.receiver === undefined) {
      const { root, fields } = selectionChain(call.operands[0] ?? one);
      return `isPresent(${fields.reduce((of, field) => `memberOf(${of}, ${literal(field)})`, inner(root))})`;
    }
    const selection = asFieldSelection(one);
    if (selection === undefined || isTimestampType(one)) return rewrite(one, inner);
    return `memberOf(${inner(selection.operand)}, ${literal(selection.field)})`;
  });
}

const literal = (text: string): string => print({ op: 'value', args: text, start: 0 });

const rewrite: Rewrite = (node, inner) => {
  if (node.op === 'map') return childrenOf(node).length === 0 ? undefined : `mapOf([${pairs(node, inner)}])`;
  if (isTimestampType(node)) return 'type(timestampOf(0))';
  const call = asCall(node);
  if (call === undefined) return undefined;
  const { name, receiver, operands } = call;
  const ofString = receiver && stringFunction(name);
  if (receiver !== undefined && ofString !== undefined)
    return `${ofString}(${[receiver, ...operands].map(inner).join(', ')})`;
  const [first] = operands;
  if (first === undefined || operands.length > 1) return undefined;
  if (name === 'matches' && receiver !== undefined) return `matchesRe2(${inner(receiver)}, ${inner(first)})`;
  if (name === 'timestamp' && receiver === undefined) return `timestampOf(${inner(first)})`;
  if (name !== 'has' || receiver !== undefined) return undefined;
  const { root, fields } = selectionChain(first);
  return `hasField(${inner(root)}, [${fields.map(literal).join(', ')}])`;
};

/** `a`, and `b`, `c` of `a.b.c`. */
function selectionChain(node: CelNode): {
  readonly root: CelNode;
  readonly fields: readonly string[];
} {
  const fields: string[] = [];
  let root = node;
  for (let one = asFieldSelection(root); one !== undefined; one = asFieldSelection(root)) {
    fields.unshift(one.field);
    root = one.operand;
  }
  return { root, fields };
}

function pairs(map: CelNode, inner: (node: CelNode) => string): string {
  const children = childrenOf(map).map(inner);
  return children.flatMap((key, i) => (i % 2 === 0 ? [`[${key}, ${children[i + 1]}]`] : [])).join(', ');
}

function isTimestampType(node: CelNode): boolean {
  const { root, fields } = selectionChain(node);
  return asIdentifier(root) === 'google' && fields.join('.') === 'protobuf.Timestamp';
}

/** `has(root.a.b)`. False from the first object of the schema on that lacks its field. */
function hasField(root: unknown, fields: readonly string[]): boolean {
  // A variable of a macro may be a null element of a list.
  if (root === null) return false;
  let value = root;
  for (const [index, field] of fields.entries()) {
    const isLast = index === fields.length - 1;
    if (value instanceof Message) {
      if (!value.hasField(field)) return false;
    } else if (!(value instanceof Map)) throw noSuchKey(field);
    else if (isLast) return value.has(field);
    else if (!value.has(field)) throw noSuchKey(field);
    if (!isLast) value = value.get(field);
  }
  return true;
}

/** A member of JSON, as `JSON.parse` makes it, or of an object of the schema; null if it or its parent is absent. */
function memberOf(value: unknown, member: string): unknown {
  if (value === null) return null;
  if (value instanceof Map) return value.get(member) ?? null;
  if (typeof value !== 'object' || Array.isArray(value)) throw noSuchKey(member);
  return own(value as Readonly<Record<string, unknown>>, member) ?? null; // An object has properties of any value.
}

function noSuchKey(field: string): EvaluationError {
  return new EvaluationError({ code: 'no_such_key', message: `No such key: ${field}` });
}

function mapOf(entries: readonly (readonly [unknown, unknown])[]): Map<unknown, unknown> {
  const map = new Map(entries);
  if (map.size === entries.length) return map;
  throw new EvaluationError({ code: 'duplicate_key', message: 'A map has a key twice' });
}
