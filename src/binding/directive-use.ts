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
import { report } from './document.js';
import type { Mistakes } from './mistake.js';

/** One directive on one field. */
export interface DirectiveUse {
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: ConstDirectiveNode;
  /** The values of its arguments, with defaults. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Of an argument that is a string. */
  text(argument: string): StringValueNode | undefined;
}

/** The directives of ours on the fields of the root types. Elsewhere they are mistakes. */
export interface DirectiveUses {
  readonly publish: ReadonlyMap<string, DirectiveUse>;
  readonly subscribe: ReadonlyMap<string, DirectiveUse>;
  /** By `Type.field`. */
  readonly auth: ReadonlyMap<string, DirectiveUse>;
}

export function directiveUses(schema: GraphQLSchema, mistakes: Mistakes): DirectiveUses {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const all = new Set(Object.values(roots));
  const publish = new Map<string, DirectiveUse>();
  const subscribe = new Map<string, DirectiveUse>();
  const auth = new Map<string, DirectiveUse>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const isRoot = isObjectType(type) && all.has(type);
    for (const field of Object.values(type.getFields())) {
      const place = `${type.name}.${field.name}`;
      const use = (name: string, isAllowed: boolean, allowed: string): DirectiveUse | undefined => {
        const node = directiveOf(field.astNode, name);
        if (!node) return undefined;
        if (!isAllowed) mistakes.at(node, `@${name} on ${place}`, `@${name} on ${allowed} only`);
        return isAllowed ? read(schema, field, node, mistakes) : undefined;
      };
      const published = use('publish', type === roots.mutation, 'fields of Mutation');
      if (published) publish.set(field.name, published);
      const subscribed = use('subscribe', type === roots.subscription, 'fields of Subscription');
      if (subscribed) subscribe.set(field.name, subscribed);
      else if (type === roots.subscription && !directiveOf(field.astNode, 'subscribe'))
        mistakes.at(field.astNode, `${place} without @subscribe`, '@subscribe on each field of Subscription');
      const ruled = use('auth', isRoot, 'fields of Query, Mutation and Subscription');
      if (ruled) auth.set(place, ruled);
    }
  }
  return { publish, subscribe, auth };
}

function directiveOf(
  node: FieldDefinitionNode | null | undefined,
  name: string,
): ConstDirectiveNode | undefined {
  return node?.directives?.find((directive) => directive.name.value === name);
}

function read(
  schema: GraphQLSchema,
  field: GraphQLField<unknown, unknown>,
  node: ConstDirectiveNode,
  mistakes: Mistakes,
): DirectiveUse | undefined {
  const definition = schema.getDirective(node.name.value);
  if (!definition) return undefined;
  try {
    const values = getArgumentValues(definition, node);
    const text = (argument: string) => {
      const value = node.arguments?.find((given) => given.name.value === argument)?.value;
      return value?.kind === Kind.STRING ? value : undefined;
    };
    return { field, node, values, text };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    report(error, mistakes);
    return undefined;
  }
}
