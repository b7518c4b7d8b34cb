import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import type { Bindings, SubscribeBinding } from '../../binding/bindings.js';
import { canonicalJson } from '../../core/canonical-json.js';
import type { CursorScope } from '../../core/cursor.js';
import { millisecondsOf, parseDateTime } from '../../core/date-time.js';
import { MillraceError } from '../../core/errors.js';
import { type Identity, subjectOf } from '../../core/identity.js';
import { own } from '../../core/own.js';
import { type DocumentNormaliser, rootFieldOf } from './document-normaliser.js';
import type { Selection } from './selection.js';

/** How many errors about variables a client gets. */
const MAX_VARIABLE_ERRORS = 20;

export interface SubscribeRequest {
  /** Validated against the schema. */
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
  /** Whether a first result without data says where the subscription starts. */
  readonly startCursor?: boolean | undefined;
  /** Whether its results say where their events came from. */
  readonly eventContext?: boolean | undefined;
  /** The caller's, for the log. */
  readonly traceparent?: string | undefined;
  readonly correlationId?: string | undefined;
}

export interface PlanOptions {
  readonly normaliser: DocumentNormaliser;
  /** S4: characters of the normalised document, variables and arguments, which a node keeps while it runs. */
  readonly maxCharacters: number;
}

/** A subscription request, validated and coerced, with the arguments that say where it starts taken out. */
export interface Plan {
  readonly binding: SubscribeBinding;
  /** Normalised. */
  readonly document: DocumentNode;
  readonly selection: Selection;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The field's arguments, coerced, without `after`, `since` and `snapshot`. */
  readonly args: Readonly<Record<string, unknown>>;
  /** `args` as canonical JSON. */
  readonly argsJson: string;
  readonly after: string | undefined;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  /** Whether the state of the field's view comes first. */
  readonly snapshot: boolean;
  readonly identity: Identity;
  readonly subject: string | undefined;
  /** Whether resolvers make a part of the result, so that more than the event may decide it. */
  readonly resolvers: boolean;
  /** Whether its results say where their events came from: a fifth of a kilobyte that most clients do not read. */
  readonly showsEvent: boolean;
  /** Subscriptions with equal cohort keys get the same bytes, if they follow the same partitions. */
  readonly cohort: string;
}

/** @throws {MillraceError} BAD_REQUEST, LIMIT_EXCEEDED */
export function planSubscription(
  bindings: Bindings,
  request: SubscribeRequest,
  { normaliser, maxCharacters }: PlanOptions,
): Plan {
  const { schema } = bindings;
  const { identity } = request;
  const { operation, field, binding } = rootField(bindings, request);
  const values = coercedVariables(schema, operation, request.variables);
  const { after, since, snapshot, ...args } = fieldArguments(schema, field, values);
  if (after != null && since != null) throw bad('Give either `after` or `since`, not both.');
  binding.checkCaller({ args, claims: identity.claims });
  const normalised = normaliser.normalise(request.document, operation, values);
  const { document, selection, resolvers } = normalised;
  const variables = Object.fromEntries(
    Object.entries(values).filter(([name]) => normalised.variables.has(name)),
  );
  const [argsJson, variablesJson] = [canonicalJson(args), canonicalJson(variables)];
  const showsEvent = request.eventContext === true;
  const claims = relevantClaims(binding, identity, resolvers);
  checkSize(normalised.text.length + variablesJson.length + argsJson.length, maxCharacters);
  return {
    binding,
    document,
    selection,
    variables,
    args,
    argsJson,
    after: typeof after === 'string' ? after : undefined,
    since: since == null ? undefined : timeOf(since),
    snapshot: snapshot === true,
    identity,
    subject: subjectOf(identity),
    resolvers,
    showsEvent,
    cohort: cohortKey(normalised.text, variablesJson, argsJson, showsEvent, claims),
  };
}

/**
 * S2: the plan of a running subscription under renewed credentials of the same subject. Returns `plan` itself if all claims
 * that decide its results are unchanged.
 * @throws {MillraceError} BAD_REQUEST, as at its start
 */
export function planUnder(plan: Plan, identity: Identity): Plan {
  const { binding, document, variables, args, argsJson, resolvers, showsEvent } = plan;
  const before = relevantClaims(binding, plan.identity, resolvers);
  const claims = relevantClaims(binding, identity, resolvers);
  if (canonicalJson(before) === canonicalJson(claims)) return plan;
  binding.checkCaller({ args, claims: identity.claims });
  const cohort = cohortKey(print(document), canonicalJson(variables), argsJson, showsEvent, claims);
  return { ...plan, identity, cohort };
}

/** S3: what a cursor of this subscription is valid for. */
export function cursorScopeOf({ binding, argsJson, subject }: Plan): CursorScope {
  return { topic: binding.topic, field: binding.field, args: argsJson, subject };
}

function rootField({ subscribes }: Bindings, { document, operationName }: SubscribeRequest) {
  const operation = getOperationAST(document, operationName);
  if (operation === null || operation === undefined) {
    throw bad('The document has no operation of this name.');
  }
  // Validation has made sure that there is one, and no other.
  const field = rootFieldOf(document, operation);
  if (field === undefined) throw bad('A subscription must select a field of Subscription.');
  const binding = subscribes.get(field.name.value);
  if (binding === undefined) throw bad(`${field.name.value} cannot be subscribed to: it has no @subscribe.`);
  return { operation, field, binding };
}

function coercedVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: SubscribeRequest['variables'],
): Record<string, unknown> {
  const { errors, coerced } = getVariableValues(
    schema,
    variableDefinitions,
    { ...given },
    // SUGGESTIONS is not known here, so values of enums are never suggested.
    // S4: a list of wrong values would make an error of each.
    { hideSuggestions: true, maxErrors: MAX_VARIABLE_ERRORS },
  );
  if (errors !== undefined) throw bad(errors.map(({ message }) => message).join(' '));
  return coerced;
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

function checkSize(characters: number, maxCharacters: number): void {
  if (characters <= maxCharacters) return;
  throw new MillraceError(
    'LIMIT_EXCEEDED',
    `The subscription has ${characters} characters with its variables and arguments; ${maxCharacters} are allowed.`,
  );
}

function timeOf(time: unknown): number {
  const instant = parseDateTime(String(time));
  if (instant === undefined) throw bad('`since` is not a date-time of RFC 3339.');
  return millisecondsOf(instant);
}

/** S1: the claims that the field's rules read decide who shares results; all other claims are left out. */
function relevantClaims(binding: SubscribeBinding, { claims }: Identity, resolvers: boolean): unknown {
  if (resolvers || binding.claims === 'all') return claims;
  return Object.fromEntries([...binding.claims].map((name) => [name, own(claims, name) ?? null]));
}

function cohortKey(...parts: readonly unknown[]): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('base64url');
}

const bad = (message: string): MillraceError => new MillraceError('BAD_REQUEST', message);
