import type { ExecutionResult, GraphQLError } from 'graphql';
import { FilterError } from '../../binding/cel/evaluation.js';
import { ERRORS } from '../../core/errors.js';

// D10 makes dead letters of events that are at fault. A failure that the caller causes makes none: otherwise
// anybody could fill the dead-letter topic with every event of a topic (S4).

/** Whether a filter failed because of the caller. */
export function isCallerFault(error: unknown): boolean {
  return error instanceof FilterError && error.fault === 'caller';
}

/**
 * Why the event is at fault for a failed execution: the result's one field is null because of an error, and
 * that error has none of our codes. An error with one of our codes says something about the caller, or about
 * what the gateway depends on.
 */
export function executionFault({ data, errors }: ExecutionResult): string | undefined {
  if (errors === undefined || data === undefined) return undefined;
  const hasFailed = data === null || Object.values(data).includes(null);
  return hasFailed ? errors.find(isOfEvent)?.message : undefined;
}

function isOfEvent({ extensions }: GraphQLError): boolean {
  const code = extensions['code'];
  return (
    typeof code !== 'string' ||
    code === 'EVENT_INVALID' ||
    code === 'INTERNAL' ||
    !Object.hasOwn(ERRORS, code)
  );
}
