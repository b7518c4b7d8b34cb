import { MillraceError } from '../../core/errors.js';
import type { Activation, AuthRule } from '../bindings.js';

/**
 * S1: evaluates a rule that does not read the event, before the field is resolved or followed.
 * @param field what the message calls the field
 * @throws {MillraceError} UNAUTHENTICATED for a caller without claims, FORBIDDEN for others
 */
export function enforceRule(rule: AuthRule, field: string, activation: Activation): void {
  if (rule.allows(activation)) return;
  if (Object.keys(activation.claims).length === 0)
    throw new MillraceError('UNAUTHENTICATED', `${field} requires credentials.`);
  throw forbidden(field);
}

/** FORBIDDEN, for a field whose rule is false. */
export function forbidden(field: string): MillraceError {
  return new MillraceError('FORBIDDEN', `The rule of ${field} does not allow access with these claims.`);
}
