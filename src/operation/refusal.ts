import { GraphQLError } from 'graphql';
import { MillraceError } from '../core/errors.js';

/** A request that is refused before anything runs. */
export function refusal(code: 'BAD_REQUEST' | 'LIMIT_EXCEEDED', message: string): GraphQLError {
  return new GraphQLError(message, { originalError: new MillraceError(code, message) });
}
