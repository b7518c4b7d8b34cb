import {
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  type StringValueNode,
} from 'graphql';
import type { Diagnostics } from '../diagnostic.js';
import { directiveValues } from './directive-values.js';

/** One directive applied to one field definition. */
export interface AppliedDirective {
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: ConstDirectiveNode;
  /** The coerced arguments, with defaults. */
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * The AST node of an argument that is a string literal, for diagnostics inside of it. `outcome.key` is the
   * input field `key` of the argument `outcome`.
   */
  stringNode(argument: string): StringValueNode | undefined;
}

/** All directives of Millrace in a schema. A schema coordinate is `Type.field`. */
export interface AppliedDirectives {
  /** By field of Mutation; in the order of the directives. */
  readonly publish: ReadonlyMap<string, readonly AppliedDirective[]>;
  /** By field of Subscription. */
  readonly subscribe: ReadonlyMap<string, AppliedDirective>;
  /** By schema coordinate. */
  readonly view: ReadonlyMap<string, AppliedDirective>;
  /** By schema coordinate. */
  readonly auth: ReadonlyMap<string, AppliedDirective>;
}

type DirectiveName = keyof AppliedDirectives;
type RootTypes = Readonly<Record<'query' | 'mutation' | 'subscription', GraphQLNamedType | null | undefined>>;

/** Where each directive may be applied. */
const LOCATIONS: Readonly<Record<DirectiveName, { roots: readonly (keyof RootTypes)[]; text: string }>> = {
  publish: { roots: ['mutation'], text: 'fields of Mutation' },
  subscribe: { roots: ['subscription'], text: 'fields of Subscription' },
  auth: { roots: ['query', 'mutation', 'subscription'], text: 'fields of Query, Mutation and Subscription' },
  view: { roots: ['query', 'subscription'], text: 'fields of Query and Subscription' },
};

/**
 * Collects the directives of a schema. Adds a diagnostic for each that is misplaced or has invalid arguments.
 */
export function appliedDirectives(schema: GraphQLSchema, diagnostics: Diagnostics): AppliedDirectives {
  const roots: RootTypes = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const publish = new Map<string, readonly AppliedDirective[]>();
  const subscribe = new Map<string, AppliedDirective>();
  const auth = new Map<string, AppliedDirective>();
  const view = new Map<string, AppliedDirective>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      const applied = (name: DirectiveName): readonly AppliedDirective[] => {
        const nodes = directiveNodes(field, name);
        const { roots: allowed, text } = LOCATIONS[name];
        if (allowed.some((root) => type === roots[root]))
          return nodes.flatMap((node) => read(schema, field, node, diagnostics) ?? []);
        const problem = `@${name} is not allowed on ${coordinate}.`;
        if (nodes[0] !== undefined) diagnostics.at(nodes[0], problem, `Use it on ${text} only.`);
        return [];
      };
      // Diagnostics of one location: the first one is kept, so the order of these matters to a reader.
      const published = applied('publish');
      if (published.length > 0) publish.set(field.name, published);
      const [subscribed] = applied('subscribe');
      if (subscribed) subscribe.set(field.name, subscribed);
      else if (type === roots.subscription && directiveNodes(field, 'subscribe').length === 0)
        diagnostics.at(
          field.astNode,
          `${coordinate} has no @subscribe.`,
          'Every field of Subscription needs one.',
        );
      const [ruled] = applied('auth');
      if (ruled) auth.set(coordinate, ruled);
      const [viewed] = applied('view');
      if (viewed) view.set(coordinate, viewed);
    }
  }
  return { publish, subscribe, view, auth };
}

function directiveNodes(field: GraphQLField<unknown, unknown>, name: string): readonly ConstDirectiveNode[] {
  return field.astNode?.directives?.filter((directive) => directive.name.value === name) ?? [];
}

function read(
  schema: GraphQLSchema,
  field: GraphQLField<unknown, unknown>,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): AppliedDirective | undefined {
  const values = directiveValues(schema, node, diagnostics);
  return values && { field, node, values, stringNode: (argument) => stringNodeOf(node, argument) };
}

/** The AST node of an argument, or of a field of an input object, that is a string literal. */
export function stringNodeOf(directive: ConstDirectiveNode, argument: string): StringValueNode | undefined {
  const [name, inputField] = argument.split('.');
  const outer = directive.arguments?.find((given) => given.name.value === name)?.value;
  const inputFields = outer?.kind === Kind.OBJECT ? outer.fields : [];
  const value =
    inputField === undefined ? outer : inputFields.find((given) => given.name.value === inputField)?.value;
  return value?.kind === Kind.STRING ? value : undefined;
}
