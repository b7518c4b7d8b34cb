import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
} from 'graphql';
import type { Bindings, SubscribeBinding } from '../../binding/bindings.js';
import { canonicalJson } from '../../core/canonical-json.js';
import { MillraceError } from '../../core/errors.js';
import { type Identity, subjectOf } from '../../core/identity.js';
import type { DocumentNormaliser } from './document-normaliser.js';
import type { Selection } from './selection.js';

export interface SubscribeRequest {
  /** Validated against the schema. */
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
}

export interface PlanOptions {
  readonly forms: DocumentNormaliser;
  /** S4: of its normal form, variables and arguments, which a node holds for as long as it runs. */
  readonly maxCharacters: number;
}

/** What a subscription comes down to, once its place to start is taken out. */
export interface Plan {
  readonly binding: SubscribeBinding;
  /** In its normal form. */
  readonly document: DocumentNode;
  readonly selection: Selection;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The field's arguments, coerced, without `after` and `since`. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly argsJson: string;
  readonly after: string | undefined;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  /** Whether the state of the field's view comes first. */
  readonly snapshot: boolean;
  readonly identity: Identity;
  readonly subject: string | undefined;
  /** Whether the result is made by more than what the event says. */
  readonly resolvers: boolean;
  /** Subscribers with the same one get the same bytes. */
  readonly cohort: string;
}

/** @throws {MillraceError} BAD_REQUEST, LIMIT_EXCEEDED */
export function planSubscription(
  bindings: Bindings,
  request: SubscribeRequest,
  { forms, maxCharacters }: PlanOptions,
): Plan {
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
  const { after, since, snapshot, ...args } = all;
  if (after != null && since != null) throw bad('`after` and `since` cannot both say where to start.');
  const form = forms.of(request.document, operation, coerced.coerced);
  const variables = Object.fromEntries(
    Object.entries(coerced.coerced).filter(([name]) => form.variables.has(name)),
  );
  const [argsJson, variablesJson] = [canonicalJson(args), canonicalJson(variables)];
  const characters = form.text.length + variablesJson.length + argsJson.length;
  if (characters > maxCharacters) {
    const message = `The subscription has ${characters} characters with its variables and arguments; ${maxCharacters} are allowed.`;
    throw new MillraceError('LIMIT_EXCEEDED', message);
  }
  return {
    binding,
    document: form.document,
    selection: form.selection,
    variables,
    args,
    argsJson,
    after: typeof after === 'string' ? after : undefined,
    since:
      since == null ? undefined : Date.parse(String(since instanceof Date ? since.toISOString() : since)),
    snapshot: snapshot === true,
    identity: request.identity,
    subject: subjectOf(request.identity),
    resolvers: form.resolvers,
    cohort: cohortKey(
      form.text,
      variablesJson,
      argsJson,
      form.resolvers ? request.identity.claims : relevantClaims(binding, request.identity),
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

/** S1: what the field's rules read of the claims is part of what is shared, and nothing else of them is. */
function relevantClaims(binding: SubscribeBinding, { claims }: Identity): unknown {
  if (binding.claims === 'all') return claims;
  return Object.fromEntries([...binding.claims].map((name) => [name, claims[name] ?? null]));
}

function cohortKey(...parts: readonly unknown[]): string {
  const text = canonicalJson(parts);
  return createHash('sha256').update(text).digest('base64url');
}

const bad = (message: string): MillraceError => new MillraceError('BAD_REQUEST', message);
