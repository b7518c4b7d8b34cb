import { enforceRule, forbidden } from '../../binding/runtime/enforce-rule.js';
import type { Identity } from '../../core/identity.js';
import { type Plan, planUnder } from './plan.js';

/**
 * S1: decides a rule that reads no event, once and before anything is read. A rule that reads the event is
 * decided for each event, by the cohort.
 * @throws {MillraceError} UNAUTHENTICATED without any claims, else FORBIDDEN
 */
export function authorise({ binding, args, identity }: Plan): void {
  const { rule, field } = binding;
  if (rule !== undefined && !rule.readsEvent) enforceRule(rule, field, { args, claims: identity.claims });
}

/**
 * S2: the plan of a running subscription under renewed credentials: the same plan if they change nothing for it.
 * @throws {MillraceError} as `authorise`; also FORBIDDEN if its key depends on claims and is another one now: its position is
 *   in the partition of the former key
 */
export function authoriseRenewed(
  { plan, key }: { readonly plan: Plan; readonly key: string | undefined },
  identity: Identity,
): Plan {
  const renewed = planUnder(plan, identity);
  if (renewed === plan) return plan;
  authorise(renewed);
  const { binding, args } = renewed;
  if (binding.key?.({ args, claims: identity.claims }) !== key) throw forbidden(binding.field);
  return renewed;
}
