import { GraphQLError, Kind } from 'graphql';
import { MillraceError } from '../../core/errors.js';

/**
 * An error of an execution as the client may see it: one that is meant for clients has a code. `undefined`:
 * it is a fault of this side, what a resolver threw or what graphql-js says of an answer that is none of the
 * schema's; it belongs in the log, and the client is given `failedField`.
 */
export function shownError(error: GraphQLError): GraphQLError | undefined {
  const { originalError, path, nodes, message } = error;
  // Without a path it is no field's: a value of the request that a scalar refused.
  if (path === undefined || originalError instanceof MillraceError) return error;
  // By its name: a project may have a graphql of its own.
  if (originalError !== undefined && originalError.name !== 'GraphQLError') return undefined;
  if (typeof error.extensions['code'] === 'string') return error;
  // It is about what the request gave a field, and not about what the field answered.
  if (!nodes?.some(({ kind }) => kind !== Kind.FIELD)) return undefined;
  return new GraphQLError(message, { nodes, path, extensions: { code: 'BAD_REQUEST', retry: false } });
}

export function failedField({ nodes, path }: GraphQLError): GraphQLError {
  return new GraphQLError('This field failed.', {
    nodes: nodes ?? null,
    path: path ?? null,
    extensions: { code: 'INTERNAL', retry: false },
  });
}
