import { MillraceError } from '../core/errors.js';
import type { Identity } from '../core/identity.js';

/**
 * S1: whether a caller may see the console. The one place that decides it, for every operation.
 * @param role that the claim `roles` must contain; `undefined`: every caller of the gateway
 * @throws {MillraceError} UNAUTHENTICATED without any claims, else FORBIDDEN
 */
export function checkRole(role: string | undefined, { claims }: Identity): void {
  if (role === undefined) return;
  const { roles } = claims;
  if (Array.isArray(roles) && roles.includes(role)) return;
  const needs = `The console needs credentials with the role ${JSON.stringify(role)}`;
  if (Object.keys(claims).length === 0) throw new MillraceError('UNAUTHENTICATED', `${needs}.`);
  throw new MillraceError('FORBIDDEN', `${needs} in the claim \`roles\`. These have not.`);
}
