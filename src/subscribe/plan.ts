import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Bindings, SubscribeBinding } from '../binding/bindings.js';
import { MillraceError } from '../core/errors.js';
import { type Identity, subjectOf } from '../core/identity.js';

export interface SubscribeRequest {
  /** Validated against the schema. */
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
}

/** What a subscription comes down to, once its place to start is taken out. */
export interface Plan {
  readonly binding: SubscribeBinding;
  /** The document without `after` and `since`, so that resuming does not change what is shared. */
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The field's arguments, coerced, without `after` and `since`. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly argsJson: string;
  readonly after: string | undefined;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly identity: Identity;
  readonly subject: string | undefined;
  /** Whether the result is made by more than what the event says. */
  readonly resolvers: boolean;
  /** Subscribers with the same one get the same bytes. */
  readonly cohort: string;
}

const START_ARGUMENTS: ReadonlySet<string> = new Set(['after', 'since']);

/** @throws {MillraceError} BAD_REQUEST */
export function planSubscription(bindings: Bindings, request: SubscribeRequest): Plan {
  const { schema } = bindings;
  const operation = getOperationAST(request.document, request.operationName);
  if (operation === null || operation === undefined) throw bad('There is no operation of this name.');
  const [field, second] = operation.selectionSet.selections;
  if (field?.kind !== Kind.FIELD || second !== undefined) {
    throw bad('A subscription selects one field of Subscription, by name.');
  }
  const binding = bindings.subscribes.get(field.name.value);
  if (binding === undefined) throw bad(`${field.name.value} is not a field that can be subscribed to.`);
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], { ...request.variables });
  if (coerced.errors !== undefined) throw bad(coerced.errors.map(({ message }) => message).join(' '));
  const all = fieldArguments(schema, field, coerced.coerced);
  const { after, since, ...args } = all;
  if (after != null && since != null) throw bad('`after` and `since` cannot both say where to start.');
  const document = withoutStart(request.document, field);
  const variables = usedVariables(document, coerced.coerced);
  const argsJson = canonicalJson(args);
  const resolvers = hasResolvers(schema, document);
  return {
    binding,
    document,
    operationName: operation.name?.value,
    variables,
    args,
    argsJson,
    after: typeof after === 'string' ? after : undefined,
    since:
      since == null ? undefined : Date.parse(String(since instanceof Date ? since.toISOString() : since)),
    identity: request.identity,
    subject: subjectOf(request.identity),
    resolvers,
    cohort: cohortKey(
      document,
      operation.name?.value,
      variables,
      argsJson,
      resolvers ? request.identity.claims : relevantClaims(binding, request.identity),
    ),
  };
}

function fieldArguments(
  schema: GraphQLSchema,
  field: FieldNode,
  variables: Record<string, unknown>,
): Record<string, unknown> {
  const definition = schema.getSubscriptionType()?.getFields()[field.name.value];
  if (definition === undefined) throw bad(`${field.name.value} is not a field of Subscription.`);
  return getArgumentValues(definition, field, variables);
}

/** Takes `after` and `since` out of the root field, and the variables that nothing else uses out of the document. */
function withoutStart(document: DocumentNode, root: FieldNode): DocumentNode {
  const bare = visit(document, {
    Field: {
      enter(node) {
        if (node !== root) return undefined;
        const left = node.arguments?.filter(({ name }) => !START_ARGUMENTS.has(name.value));
        return { ...node, arguments: left ?? [] };
      },
    },
  });
  const used = new Set<string>();
  visit(bare, {
    VariableDefinition: () => false,
    Variable: (node) => void used.add(node.name.value),
  });
  return visit(bare, {
    VariableDefinition: (node) => (used.has(node.variable.name.value) ? false : null),
  });
}

function usedVariables(document: DocumentNode, variables: Record<string, unknown>): Record<string, unknown> {
  const used: Record<string, unknown> = {};
  visit(document, {
    VariableDefinition: (node) => {
      const name = node.variable.name.value;
      if (Object.hasOwn(variables, name)) used[name] = variables[name];
    },
  });
  return used;
}

/** S1: what the field's rules read of the claims is part of what is shared, and nothing else of them is. */
function relevantClaims(binding: SubscribeBinding, { claims }: Identity): unknown {
  if (binding.claims === 'all') return claims;
  return Object.fromEntries([...binding.claims].map((name) => [name, claims[name] ?? null]));
}

/**
 * S1: a resolver is given who asks, so what it makes is shared only by those whose claims are all the same.
 * Fields of introspection have resolvers that do not look.
 */
function hasResolvers(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  const Field = ({ name }: FieldNode): void => {
    if (types.getFieldDef()?.resolve !== undefined && !name.value.startsWith('__')) found = true;
  };
  visit(document, visitWithTypeInfo(types, { Field }));
  return found;
}

function cohortKey(document: DocumentNode, name: string | undefined, ...rest: readonly unknown[]): string {
  const text = canonicalJson([print(document), name ?? null, ...rest]);
  return createHash('sha256').update(text).digest('base64url');
}

/** JSON with the keys of every object in order: equal values make equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const bad = (message: string): MillraceError => new MillraceError('BAD_REQUEST', message);
