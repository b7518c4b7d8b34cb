import { MillraceError } from '../../core/errors.js';
import type { Plan } from './plan.js';

/**
 * S1: decides a rule that reads no event, once and before anything is read. A rule that reads the event is
 * decided for each event, by the cohort.
 * @throws {MillraceError} UNAUTHENTICATED without any claims, else FORBIDDEN
 */
export function authorise({ binding, args, identity }: Plan): void {
  const { rule } = binding;
  if (rule === undefined || rule.readsEvent || rule.allows({ args, claims: identity.claims })) return;
  if (Object.keys(identity.claims).length === 0) {
    throw new MillraceError('UNAUTHENTICATED', `${binding.field} needs credentials.`);
  }
  throw new MillraceError('FORBIDDEN', `The rule of ${binding.field} does not allow it with these claims.`);
}
