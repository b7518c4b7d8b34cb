import type { ExecutionResult, GraphQLError } from 'graphql';
import { ERRORS } from '../../core/errors.js';
import type { Plan } from '../plan/plan.js';

// D10 is about events that are at fault. For what a caller brings about nothing is set aside: otherwise
// anybody could fill the dead letters with all that a topic has (S4).

/**
 * Whether a filter may have failed because of the caller: something that it reads of the arguments or claims
 * is not there.
 */
export function isCallerFault({ binding, args, identity }: Plan): boolean {
  const { filterReads } = binding;
  return lacks(args, filterReads.args) || lacks(identity.claims, filterReads.claims);
}

function lacks(given: Readonly<Record<string, unknown>>, reads: ReadonlySet<string> | 'all'): boolean {
  const names = reads === 'all' ? Object.keys(given) : [...reads];
  return names.some((name) => given[name] === undefined || given[name] === null);
}

/**
 * Why an execution failed as a whole, if it did and the event is to blame: its one field is null
 * because of an error. An error with a code of ours says something of the caller, or of what the gateway
 * stands on.
 */
export function executionFault({ data, errors }: ExecutionResult): string | undefined {
  if (errors === undefined || data === undefined) return undefined;
  const failed = data === null || Object.values(data).includes(null);
  return failed ? errors.find(ofEvent)?.message : undefined;
}

function ofEvent({ extensions }: GraphQLError): boolean {
  const code = extensions['code'];
  return (
    typeof code !== 'string' ||
    code === 'EVENT_INVALID' ||
    code === 'INTERNAL' ||
    !Object.hasOwn(ERRORS, code)
  );
}
