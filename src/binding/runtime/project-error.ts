import { GraphQLError } from 'graphql';

/**
 * What a project's resolver threw or answered, as graphql-js is to see it: it throws an answer that is an error. Anything but an
 * error stays as it is.
 *
 * A resolver may ask a GraphQL schema of its own, with any copy of graphql, and throw on what it gets. Such an error has nodes
 * and positions of another document. If it also has a path, graphql-js takes it for one that it has located itself, and
 * answers with that path instead of the field's. So the error is made again without them.
 */
export function projectError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message } = error;
  // Compared by name: the class of another copy of graphql is another class.
  if (name === 'GraphQLError') {
    // What the other schema's resolver threw: it decides what clients see, as if this resolver had thrown it.
    const thrown: unknown = 'originalError' in error ? error.originalError : undefined;
    return thrown instanceof Error
      ? projectError(thrown)
      : new GraphQLError(message, { originalError: error });
  }
  return 'path' in error && Array.isArray(error.path) ? new Error(message, { cause: error }) : error;
}
