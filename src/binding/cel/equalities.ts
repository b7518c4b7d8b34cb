import { type GraphQLType, getNullableType, isEnumType, isScalarType } from 'graphql';
import type { Equality } from '../bindings.js';
import { asFieldSelection, asIdentifier, type CelNode, childrenOf, conjunctsOf } from './ast.js';
import { fromCel } from './cel-values.js';
import type { CompiledExpression, ExpressionCompiler } from './compiler.js';
import { readsOf } from './reads.js';
import type { Shape } from './shape.js';

/** Scalars whose values are equal in CEL exactly when they are equal in JSON. Not `Float`: 1 equals 1.0. */
const INDEXABLE_SCALARS: ReadonlySet<string> = new Set([
  'ID',
  'String',
  'Int',
  'Boolean',
  'DateTime',
  'Cursor',
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
  return conjunctsOf(filter.ast).flatMap((conjunct) => {
    const [left, right] = conjunct.op === '==' ? childrenOf(conjunct) : [];
    if (left === undefined || right === undefined) return [];
    const field = indexableField(left, right, event);
    if (field !== undefined) return [equality(field, right, filter, compiler)];
    const mirrored = indexableField(right, left, event);
    return mirrored === undefined ? [] : [equality(mirrored, left, filter, compiler)];
  });
}

/** The field that `node` selects from the event, when `value` can be evaluated without the event. */
function indexableField(node: CelNode, value: CelNode, event: Shape): string | undefined {
  const selection = asFieldSelection(node);
  if (selection === undefined || asIdentifier(selection.operand) !== 'event') return undefined;
  const { field } = selection;
  return isIndexable(event.get(field)) && !readsOf(value).has('event') ? field : undefined;
}

function equality(
  field: string,
  value: CelNode,
  { source }: CompiledExpression,
  compiler: ExpressionCompiler,
): Equality {
  const expression = compiler.compileNode(source, value);
  return { field, value: (activation) => fromCel(expression(activation)) };
}

function isIndexable(type: GraphQLType | undefined): boolean {
  const nullable = type && getNullableType(type);
  return isEnumType(nullable) || (isScalarType(nullable) && INDEXABLE_SCALARS.has(nullable.name));
}
