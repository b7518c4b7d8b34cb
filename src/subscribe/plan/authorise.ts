import { enforceRule } from '../../binding/runtime/enforce-rule.js';
import type { Plan } from './plan.js';

/**
 * S1: decides a rule that reads no event, once and before anything is read. A rule that reads the event is
 * decided for each event, by the cohort.
 * @throws {MillraceError} UNAUTHENTICATED without any claims, else FORBIDDEN
 */
export function authorise({ binding, args, identity }: Plan): void {
  const { rule, field } = binding;
  if (rule !== undefined && !rule.readsEvent) enforceRule(rule, field, { args, claims: identity.claims });
}
