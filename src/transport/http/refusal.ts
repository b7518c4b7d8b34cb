import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type ErrorCode, MillraceError } from '../../core/errors.js';

/** A refusal of the transport itself, in the shape of every other error. */
export function refusal(code: ErrorCode, message: string): GraphQLFormattedError {
  return formatted(new MillraceError(code, message));
}

/** Any failure as clients may see it: what was not meant for them is `INTERNAL` and says no more. */
export function formatted(error: unknown): GraphQLFormattedError {
  if (error instanceof GraphQLError) return error.toJSON();
  const known =
    error instanceof MillraceError ? error : new MillraceError('INTERNAL', 'This request failed.');
  return { message: known.message, extensions: known.extensions };
}

/** The credentials ended while something ran on them (S2). */
export function credentialsExpired(): GraphQLFormattedError {
  return refusal('UNAUTHENTICATED', 'The credentials have expired. Subscribe again with new ones.');
}
