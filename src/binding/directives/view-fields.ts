import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { MillraceError } from '../../core/errors.js';
import type { Rule, ViewBinding } from '../bindings.js';
import { argsShape } from '../cel/args-shape.js';
import type { Shape } from '../cel/cel-types.js';
import { Expressions, keyOf, WANTED } from '../cel/expression.js';
import type { GatewayContext } from '../runtime/context.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { DirectiveUse } from './directive-use.js';
import { dataShape } from './event-data.js';
import { type Mistakes, names } from './mistake.js';

/** What the schema is told of a project's views. */
export interface KnownView {
  readonly name: string;
  readonly topics: readonly string[];
}

interface Context {
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly views: readonly KnownView[];
  readonly mistakes: Mistakes;
}

/** Reads the `@view` of a field. What cannot be bound has been added to the mistakes. */
export function viewBinding(use: DirectiveUse, context: Context): ViewBinding | undefined {
  const { views, mistakes } = context;
  const name = String(use.values['name']);
  const view = views.find((known) => known.name === name);
  if (view === undefined) {
    const there = views.length === 0 ? 'a view of the project: it has none' : names(views.map((v) => v.name));
    mistakes.at(use.text('name') ?? use.node, `view ${JSON.stringify(name)}`, there);
  }
  const keyText = use.text('key');
  const key =
    keyText && new Expressions(argsShape(use.field), undefined, mistakes).compile(keyText, WANTED.KEY);
  const type = stateType(use, context);
  if (view === undefined || !key || type === null) return undefined;
  const member = use.values['field'];
  return { name, key: keyOf(key), member: member == null ? undefined : String(member), type: type?.name };
}

/** The view of a Subscription field is of the field's topic: its place is one in it. */
export function checkSnapshot(use: DirectiveUse, of: string, { views, mistakes }: Context): void {
  const view = views.find(({ name }) => name === use.values['name']);
  if (view === undefined || view.topics.includes(of)) return;
  mistakes.at(
    use.text('name') ?? use.node,
    `view ${JSON.stringify(view.name)}`,
    `a view that is folded from ${of}`,
  );
}

/** The type that a state is shown as: `null` when that is a mistake, `undefined` when it is no object. */
function stateType(use: DirectiveUse, { schema, mistakes }: Context): GraphQLObjectType | undefined | null {
  const type = getNullableType(use.field.type);
  const possible = isObjectType(type) ? [type] : isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  const given = use.values['type'];
  if (given == null) {
    if (!isAbstractType(type)) return isObjectType(type) ? type : undefined;
    mistakes.at(use.node, 'a @view without type', `type: one of ${names(possible.map((one) => one.name))}`);
    return null;
  }
  const found = possible.find((one) => one.name === given);
  if (found !== undefined) return found;
  mistakes.at(
    use.text('type') ?? use.node,
    `type ${JSON.stringify(given)}`,
    `a type that ${use.field.type} can be: ${names(possible.map((one) => one.name))}`,
  );
  return null;
}

/** What `event` is in the rule of a Query field with `@view`: the state. */
export function stateShape(use: DirectiveUse, resolvers: ResolverMap): Shape | undefined {
  const type = getNullableType(use.field.type);
  return isObjectType(type) ? dataShape(type, resolvers) : undefined;
}

/** Reads a view for a field of Query. A rule that reads the state holds once that is known. */
export async function readView(
  { name, key, member, type }: ViewBinding,
  field: string,
  rule: Rule | undefined,
  args: Readonly<Record<string, unknown>>,
  context: GatewayContext,
): Promise<unknown> {
  const { claims } = context.identity;
  if (context.view === undefined) throw new Error('Views are read by fields of Query');
  const { minCursor } = args;
  const options = typeof minCursor === 'string' ? { minCursor } : {};
  const state = memberOf(await context.view(name).get(key({ args, claims }), options), member);
  if (!isObject(state)) return state;
  if (rule?.readsEvent === true && !rule.allows({ args, claims, event: state })) {
    throw new MillraceError('FORBIDDEN', `The rule of ${field} does not allow it with these claims`);
  }
  return type === undefined ? state : { ...state, __typename: type };
}

/** The state, or what it has under this name. */
export function memberOf(state: unknown, member: string | undefined): unknown {
  if (member === undefined || state === null) return state;
  return isObject(state) ? (state[member] ?? null) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
