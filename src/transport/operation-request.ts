import { MillraceError } from '../core/errors.js';
import type { OperationRequest } from '../operation/request.js';

/** S4: GraphQL has no bound for names, and errors repeat the name of an operation. */
const MAX_NAME_CHARACTERS = 256;

/**
 * A GraphQL request as a client sends it, checked: the same on every transport. Properties of other names are ignored,
 * as the specification demands. A property that is `null`, or an empty string where a string belongs, is as if left out.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters
 * @throws {MillraceError} BAD_REQUEST when it is not a GraphQL request
 */
export function toOperationRequest(value: unknown): OperationRequest {
  if (Array.isArray(value)) throw bad('Batches are not supported: send one request for each operation.');
  if (!isObject(value)) throw bad(`A GraphQL request must be a JSON object, but is ${kindOf(value)}.`);
  const query = textOf(value, 'query');
  const extensions = objectOf(value, 'extensions');
  // Clients that try persisted queries first know this message, and send the query then.
  if (query === undefined && extensions !== undefined && Object.hasOwn(extensions, 'persistedQuery'))
    throw bad('PersistedQueryNotSupported');
  if (query === undefined) throw bad('A GraphQL request needs a `query`.');
  const operationName = textOf(value, 'operationName');
  if (operationName !== undefined && operationName.length > MAX_NAME_CHARACTERS) {
    const { length } = operationName;
    throw bad(`\`operationName\` has ${length} characters; at most ${MAX_NAME_CHARACTERS} are allowed.`);
  }
  return {
    query,
    operationName,
    variables: objectOf(value, 'variables'),
    extensions,
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

function textOf(from: JsonObject, name: 'query' | 'operationName'): string | undefined {
  const value = from[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw bad(`\`${name}\` must be a string, but is ${kindOf(value)}.`);
}

function objectOf(from: JsonObject, name: 'variables' | 'extensions'): JsonObject | undefined {
  const value = from[name];
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) return value;
  throw bad(`\`${name}\` must be an object, but is ${kindOf(value)}.`);
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a value is, in words of JSON. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const bad = (message: string): MillraceError => new MillraceError('BAD_REQUEST', message);
