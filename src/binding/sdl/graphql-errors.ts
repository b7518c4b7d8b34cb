import type { GraphQLError } from 'graphql';
import type { Diagnostics } from '../diagnostic.js';

/** Hints for errors of graphql-js whose own message does not say what to do. */
const ERROR_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^Query root type must be provided/, 'Add a type Query.'],
  [/^There can be only one /, 'Rename this one, or remove it. Names of schema/directives.graphql are taken.'],
];

/**
 * Adds an error of graphql-js as a diagnostic.
 * @param fallbackFile the file to report an error in that has no location, such as a missing type
 */
export function addGraphQLError(
  error: GraphQLError,
  diagnostics: Diagnostics,
  fallbackFile = 'schema',
): void {
  const problem =
    error.message.endsWith('.') || error.message.endsWith('?') ? error.message : `${error.message}.`;
  const hint = ERROR_PATTERNS.find(([pattern]) => pattern.test(problem))?.[1];
  // Of two definitions with one name, the second is reported: the first may be a built-in one.
  const node = error.nodes?.at(problem.startsWith('There can be only one') ? -1 : 0);
  const location = error.locations?.[0];
  if (node?.loc) diagnostics.at(node, problem, hint);
  else if (error.source && location) diagnostics.add({ file: error.source.name, ...location, problem, hint });
  else diagnostics.add({ file: fallbackFile, line: 1, column: 1, problem, hint });
}
