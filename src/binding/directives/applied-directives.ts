import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  isInterfaceType,
  isObjectType,
  Kind,
  type StringValueNode,
} from 'graphql';
import type { Diagnostics } from '../diagnostic.js';
import { report } from '../sdl/build-schema.js';

/** One directive on one field. */
export interface AppliedDirective {
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: ConstDirectiveNode;
  /** The values of its arguments, with defaults. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Of an argument that is a string; `outcome.key` is a string within an argument that is an input object. */
  text(argument: string): StringValueNode | undefined;
}

/** The directives of ours on the fields of the root types. Elsewhere they are diagnostics. */
export interface AppliedDirectives {
  /** Those of one field in their order. */
  readonly publish: ReadonlyMap<string, readonly AppliedDirective[]>;
  readonly subscribe: ReadonlyMap<string, AppliedDirective>;
  /** By `Type.field`. */
  readonly view: ReadonlyMap<string, AppliedDirective>;
  /** By `Type.field`. */
  readonly auth: ReadonlyMap<string, AppliedDirective>;
}

export function appliedDirectives(schema: GraphQLSchema, diagnostics: Diagnostics): AppliedDirectives {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const all = new Set(Object.values(roots));
  const publish = new Map<string, readonly AppliedDirective[]>();
  const subscribe = new Map<string, AppliedDirective>();
  const auth = new Map<string, AppliedDirective>();
  const view = new Map<string, AppliedDirective>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const isRoot = isObjectType(type) && all.has(type);
    for (const field of Object.values(type.getFields())) {
      const place = `${type.name}.${field.name}`;
      const use = (name: string, isAllowed: boolean, allowed: string): AppliedDirective | undefined => {
        return uses(name, isAllowed, allowed)[0];
      };
      const uses = (name: string, isAllowed: boolean, allowed: string): readonly AppliedDirective[] => {
        const nodes = directivesOf(field.astNode, name);
        const [node] = nodes;
        if (node && !isAllowed) diagnostics.at(node, `@${name} on ${place}`, `@${name} on ${allowed} only`);
        return isAllowed ? nodes.flatMap((one) => read(schema, field, one, diagnostics) ?? []) : [];
      };
      const published = uses('publish', type === roots.mutation, 'fields of Mutation');
      if (published.length > 0) publish.set(field.name, published);
      const subscribed = use('subscribe', type === roots.subscription, 'fields of Subscription');
      if (subscribed) subscribe.set(field.name, subscribed);
      else if (type === roots.subscription && directivesOf(field.astNode, 'subscribe').length === 0)
        diagnostics.at(
          field.astNode,
          `${place} without @subscribe`,
          '@subscribe on each field of Subscription',
        );
      const ruled = use('auth', isRoot, 'fields of Query, Mutation and Subscription');
      if (ruled) auth.set(place, ruled);
      const reads = type === roots.query || type === roots.subscription;
      const viewed = use('view', reads, 'fields of Query and Subscription');
      if (viewed) view.set(place, viewed);
    }
  }
  return { publish, subscribe, view, auth };
}

function directivesOf(
  node: FieldDefinitionNode | null | undefined,
  name: string,
): readonly ConstDirectiveNode[] {
  return node?.directives?.filter((directive) => directive.name.value === name) ?? [];
}

function read(
  schema: GraphQLSchema,
  field: GraphQLField<unknown, unknown>,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): AppliedDirective | undefined {
  const definition = schema.getDirective(node.name.value);
  if (!definition) return undefined;
  try {
    const values = getArgumentValues(definition, node);
    const text = (argument: string) => {
      const [name, member] = argument.split('.');
      const outer = node.arguments?.find((given) => given.name.value === name)?.value;
      const inner = outer?.kind === Kind.OBJECT ? outer.fields : [];
      const value = member === undefined ? outer : inner.find((given) => given.name.value === member)?.value;
      return value?.kind === Kind.STRING ? value : undefined;
    };
    return { field, node, values, text };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    report(error, diagnostics);
    return undefined;
  }
}
