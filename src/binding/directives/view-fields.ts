import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import type { ViewBinding } from '../bindings.js';
import type { Shape } from '../cel/cel-types.js';
import { ExpressionCompiler, keyExpression, RESULT_TYPES } from '../cel/compiler.js';
import { argsShape } from '../cel/shape.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { dataShape } from '../event-types/event-data.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { AppliedDirective } from './applied-directives.js';

/** What the schema is told of a project's views. */
export interface ViewDeclaration {
  readonly name: string;
  readonly topics: readonly string[];
}

interface Context {
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly views: readonly ViewDeclaration[];
  readonly diagnostics: Diagnostics;
}

/** Reads the `@view` of a field. What cannot be bound has been added to the diagnostics. */
export function viewBinding(use: AppliedDirective, context: Context): ViewBinding | undefined {
  const { views, diagnostics } = context;
  const name = String(use.values['name']);
  const view = views.find((known) => known.name === name);
  if (view === undefined) {
    const there =
      views.length === 0 ? 'a view of the project: it has none' : nameList(views.map((v) => v.name));
    diagnostics.at(use.text('name') ?? use.node, `view ${JSON.stringify(name)}`, there);
  }
  const keyText = use.text('key');
  const key =
    keyText &&
    new ExpressionCompiler(argsShape(use.field), undefined, diagnostics).compile(keyText, RESULT_TYPES.KEY);
  const type = stateType(use, context);
  if (view === undefined || !key || type === null) return undefined;
  const stateField = use.values['field'];
  return {
    name,
    key: keyExpression(key),
    stateField: stateField == null ? undefined : String(stateField),
    type: type?.name,
  };
}

/** The view of a Subscription field is of the field's topic: its place is one in it. */
export function checkSnapshot(use: AppliedDirective, of: string, { views, diagnostics }: Context): void {
  const view = views.find(({ name }) => name === use.values['name']);
  if (view === undefined || view.topics.includes(of)) return;
  diagnostics.at(
    use.text('name') ?? use.node,
    `view ${JSON.stringify(view.name)}`,
    `a view that is folded from ${of}`,
  );
}

/** The type that a state is shown as: `null` when that is a mistake, `undefined` when it is no object. */
function stateType(
  use: AppliedDirective,
  { schema, diagnostics }: Context,
): GraphQLObjectType | undefined | null {
  const type = getNullableType(use.field.type);
  const possible = isObjectType(type) ? [type] : isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  const given = use.values['type'];
  if (given == null) {
    if (!isAbstractType(type)) return isObjectType(type) ? type : undefined;
    diagnostics.at(
      use.node,
      'a @view without type',
      `type: one of ${nameList(possible.map((one) => one.name))}`,
    );
    return null;
  }
  const found = possible.find((one) => one.name === given);
  if (found !== undefined) return found;
  diagnostics.at(
    use.text('type') ?? use.node,
    `type ${JSON.stringify(given)}`,
    `a type that ${use.field.type} can be: ${nameList(possible.map((one) => one.name))}`,
  );
  return null;
}

/** What `event` is in the rule of a Query field with `@view`: the state. */
export function stateShape(use: AppliedDirective, resolvers: ResolverMap): Shape | undefined {
  const type = getNullableType(use.field.type);
  return isObjectType(type) ? dataShape(type, resolvers) : undefined;
}
