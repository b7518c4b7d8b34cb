import { GraphQLString, type GraphQLType, getNullableType, isScalarType } from 'graphql';
import type { Equality } from '../bindings.js';
import { asFieldSelection, asIdentifier, type CelNode, childrenOf, operandsOf } from './ast.js';
import type { CompiledExpression, ExpressionCompiler } from './compiler.js';
import { converterOf } from './message.js';
import { readsOf } from './reads.js';
import { readsRecord } from './record-reads.js';
import { EVENT_RECORD, isTexts } from './record-shape.js';
import { celTypeOfScalar } from './scope.js';
import type { Shape } from './shape.js';
import { Timestamp } from './timestamp.js';

/**
 * CEL types whose values can be looked up: those that `keyOf` writes in one way. Not `double` and `Decimal`: few filters
 * compare one by `==`.
 */
const INDEXABLE: ReadonlySet<string | undefined> = new Set([
  'string',
  'int',
  'bool',
  'google.protobuf.Timestamp',
]);

/**
 * Extracts the equalities that must hold for the filter to hold (C2): its conjuncts that compare a field of
 * the event with an expression that does not read the event, in either order. Routing looks events up by
 * them.
 * @param compiler the one that compiled the filter
 */
export function equalitiesOf(
  filter: CompiledExpression,
  event: Shape,
  compiler: ExpressionCompiler,
): readonly Equality[] {
  return operandsOf('&&', filter.ast).flatMap((conjunct) => {
    const [left, right] = conjunct.op === '==' ? childrenOf(conjunct) : [];
    if (left === undefined || right === undefined) return [];
    return equality(left, right, event, compiler) ?? equality(right, left, event, compiler) ?? [];
  });
}

/** `undefined`: `node` cannot be looked up, or `value` reads the event or its record. */
function equality(
  node: CelNode,
  value: CelNode,
  event: Shape,
  compiler: ExpressionCompiler,
): Equality | undefined {
  const { field, type } = fieldOf(node, event) ?? {};
  if (field === undefined || type === undefined || !isIndexable(type)) return undefined;
  if (readsOf(value).has('event') || readsRecord(value)) return undefined;
  const convert = converterOf(type);
  const expression = compiler.compileNode(value);
  const name = typeof field === 'string' ? field : field.join('.');
  return {
    field,
    type: String(type),
    keyOf: (json) => keyOf(convert(json, name)),
    value: (activation) => keyOf(expression(activation)),
  };
}

/** `event.x`, `record.partition`, `record.headers.kind`. */
function fieldOf(
  node: CelNode,
  event: Shape,
): { field: Equality['field']; type: GraphQLType | undefined } | undefined {
  const { operand, field } = asFieldSelection(node) ?? {};
  if (operand === undefined || field === undefined) return undefined;
  const variable = asIdentifier(operand);
  if (variable === 'event') return { field, type: event.get(field) };
  if (variable === 'record') return { field: [field], type: EVENT_RECORD.get(field) };
  const parent = fieldOf(operand, event);
  if (parent?.type === undefined || !isTexts(parent.type) || typeof parent.field === 'string')
    return undefined;
  return { field: [parent.field[0], field], type: GraphQLString };
}

/**
 * The same text for values that are equal in CEL, whatever they are written as: 1 and 1.0, 09:30Z and 10:30+01:00.
 * `undefined`: no field that is looked up has such a value.
 */
function keyOf(value: unknown): string | undefined {
  if (value === null) return 'null';
  if (value instanceof Timestamp) return `=${value.seconds}.${value.nanos}`;
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return `=${value}`;
    default:
      return undefined;
  }
}

function isIndexable(type: GraphQLType): boolean {
  const nullable = getNullableType(type);
  // A double such as 1e21, which an expression may compare with, has another text than the integer.
  const isUnbounded = isScalarType(nullable) && nullable.name === 'BigInt';
  return !isUnbounded && INDEXABLE.has(celTypeOfScalar(type));
}
