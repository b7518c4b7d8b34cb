import { parseDateTime } from '../../core/date-time.js';
import { messageOf } from '../../core/errors.js';
import { asBinding, type CelNode, childrenOf } from './ast.js';
import { CelTypes, reachesDecimal, withSchemaNames } from './cel-types.js';
import { explainCheckError } from './check-errors.js';
import { parseError } from './compiler.js';
import { type ExpressionError, findConstantError } from './constant-errors.js';
import { forRecords, newCheckingEnvironment, newEvaluationEnvironment } from './environment.js';
import { reasonOf } from './evaluation.js';
import { Message, MessageType } from './message.js';
import { readsOf } from './reads.js';
import { ANY_EVENT, FILTERED_RECORD } from './record-shape.js';
import { RegularExpressions } from './regular-expressions.js';
import { type SchemaType, Scope } from './scope.js';
import type { Shape } from './shape.js';
import { Timestamp } from './timestamp.js';

/** What a filter sees of a record beside the data of its event. */
export interface FilteredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** In milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly id?: string | undefined;
  readonly source?: string | undefined;
  readonly type?: string | undefined;
  readonly subject?: string | null | undefined;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
}

/** A filter that a person writes over the records of a topic, without being a field of the schema. */
export interface EventFilter {
  /** Whether it reads `event`: only records with data can match it. */
  readonly readsEvent: boolean;
  /** Whether it iterates over what an event has, so that its time may grow faster than the size of the data. */
  readonly iterates: boolean;
  /**
   * @param data parsed, with exact integers; `undefined` if the filter does not read it
   * @throws {Error} whose message says why it has no value
   */
  matches(data: Readonly<Record<string, unknown>> | undefined, record: FilteredRecord): boolean;
}

/** S4: of the source of a filter. */
export const MAX_FILTER_CHARS = 2_000;

const VARIABLES = ['event', 'record'];

/**
 * Compiles a filter over `event` and `record`. It is more lenient than `@subscribe(filter:)`: what may be absent needs no
 * guard, because a filter that fails for a record hides it from one person, who is told how many there were.
 * @param shape what the schema says of the topic's events; `undefined`: nothing, so `event` is any JSON
 */
export function compileEventFilter(source: string, shape: Shape | undefined): EventFilter | ExpressionError {
  if (source.length > MAX_FILTER_CHARS)
    return { start: MAX_FILTER_CHARS, problem: `A filter has at most ${MAX_FILTER_CHARS} characters.` };
  const needs = { hasDecimals: shape !== undefined && reachesDecimal(shape) };
  const checking = newCheckingEnvironment(needs);
  const types = new CelTypes(checking);
  checking.registerVariable('event', shape === undefined ? 'dyn' : types.declare('event', shape));
  checking.registerVariable('record', types.declare('record', FILTERED_RECORD));
  const variables: readonly (readonly [string, SchemaType])[] = [
    ['event', shape ?? ANY_EVENT],
    ['record', FILTERED_RECORD],
  ];
  const scope = Scope.of(new Map(variables));
  const patterns = new RegularExpressions();
  const evaluation = newEvaluationEnvironment(VARIABLES, patterns, needs);
  let ast: CelNode;
  try {
    ast = checking.parse(source).ast;
  } catch (error) {
    return parseError(error, source);
  }
  const { valid, type = '', error } = checking.check(source);
  if (!valid) return explainCheckError(ast, error, scope, VARIABLES);
  const constants = {
    evaluate: (node: CelNode) => evaluation.evaluate(forRecords(node)),
    compilePattern: (pattern: unknown) => patterns.compile(pattern),
  };
  const found = findConstantError(ast, scope, constants) ?? findNestedMacro(ast);
  if (found !== undefined) return found;
  if (type !== 'bool' && type !== 'dyn')
    return {
      start: 0,
      problem: `The filter has type ${withSchemaNames(type)}.`,
      hint: 'Write an expression that is true or false, such as event.status == "PAID".',
    };
  const evaluate = evaluation.parse(forRecords(ast));
  const reads = readsOf(ast);
  const messages = shape && new MessageType(shape);
  return {
    readsEvent: reads.has('event'),
    iterates: hasMacro(ast),
    matches(data = {}, record) {
      const value = outcomeOf(() =>
        evaluate({
          event: messages === undefined ? data : new Message(messages, data, 'event'),
          record: reads.has('record') ? variableOf(record) : null,
        }),
      );
      if (typeof value === 'boolean') return value;
      throw new Error('the filter is neither true nor false');
    },
  };
}

function outcomeOf(evaluate: () => unknown): unknown {
  try {
    return evaluate();
  } catch (cause) {
    throw new Error(reasonOf(cause) || messageOf(cause), { cause });
  }
}

/** As CEL has it: an integer is a `bigint`, and what is absent is null. */
function variableOf(record: FilteredRecord): object {
  const { headers, topic, partition, timestamp } = record;
  const seconds = Math.floor(timestamp / 1000);
  const instant = record.time === undefined ? undefined : parseDateTime(record.time);
  return {
    topic,
    key: record.key,
    headers,
    partition: BigInt(partition),
    offset: BigInt(record.offset),
    timestamp: new Timestamp({ seconds, nanos: (timestamp - seconds * 1000) * 1e6 }),
    id: record.id ?? null,
    source: record.source ?? null,
    type: record.type ?? null,
    subject: record.subject ?? null,
    time: instant === undefined ? null : new Timestamp(instant, record.time),
    correlationId: record.correlationId ?? null,
    causationId: record.causationId ?? null,
  };
}

const isIteration = (node: CelNode): boolean => {
  const binding = asBinding(node);
  return binding !== undefined && binding.macro !== 'bind';
};

const hasMacro = (node: CelNode): boolean => isIteration(node) || childrenOf(node).some(hasMacro);

/** S4: each level multiplies the time by the length of a list, which its producer chooses. */
function findNestedMacro(node: CelNode): ExpressionError | undefined {
  const inner = isIteration(node) ? asBinding(node)?.body.find(hasMacro) : undefined;
  if (inner !== undefined) {
    const hint = 'Its time would grow with the square of the data. Write one of them.';
    return { start: node.start, problem: 'A macro such as exists() is inside another one.', hint };
  }
  for (const child of childrenOf(node)) {
    const found = findNestedMacro(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
