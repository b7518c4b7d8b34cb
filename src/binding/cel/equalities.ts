import { type GraphQLType, getNullableType, isEnumType, isScalarType } from 'graphql';
import type { Equality } from '../bindings.js';
import { fromCel, type Shape } from './cel-types.js';
import type { CompiledExpression, ExpressionCompiler } from './compiler.js';
import { asFieldSelection, type CelNode, childrenOf, readsOf } from './reads.js';

/** Types whose values are equal in CEL exactly when they are equal in JSON. `Float` is not: 1 is 1.0. */
const EXACT: ReadonlySet<string> = new Set(['ID', 'String', 'Int', 'Boolean', 'DateTime', 'Cursor']);

/**
 * The equalities that have to hold for the filter to hold (C2): the conjuncts, either way round, that
 * compare a field of the event with what the event has no part in.
 */
export function equalitiesOf(
  filter: CompiledExpression,
  event: Shape,
  expressions: ExpressionCompiler,
): readonly Equality[] {
  return conjuncts(filter.tree).flatMap((node) => {
    const [left, right] = node.op === '==' ? childrenOf(node) : [];
    if (left === undefined || right === undefined) return [];
    return (
      equality(left, right, filter, event, expressions) ??
      equality(right, left, filter, event, expressions) ??
      []
    );
  });
}

function conjuncts(node: CelNode): readonly CelNode[] {
  return node.op === '&&' ? childrenOf(node).flatMap(conjuncts) : [node];
}

function equality(
  side: CelNode,
  other: CelNode,
  { source }: CompiledExpression,
  event: Shape,
  expressions: ExpressionCompiler,
): Equality | undefined {
  const member = asFieldSelection(side);
  if (member === undefined || member[0].op !== 'id' || member[0].args !== 'event') return undefined;
  const [, field] = member;
  if (!isExact(event.get(field)) || readsOf(other).has('event')) return undefined;
  const value = expressions.part(source, other);
  return { field, value: (scope) => fromCel(value(scope)) };
}

function isExact(type: GraphQLType | undefined): boolean {
  const bare = type && getNullableType(type);
  return isEnumType(bare) || (isScalarType(bare) && EXACT.has(bare.name));
}
