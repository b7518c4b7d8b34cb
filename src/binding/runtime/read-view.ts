import { own } from '../../core/own.js';
import type { AuthRule, ViewBinding } from '../bindings.js';
import type { GatewayContext } from './context.js';
import { forbidden } from './enforce-rule.js';

/**
 * Reads the state that a field of Query shows.
 * @param coordinate the field as `Type.field`, for the message
 * @param rule the field's rule; if it reads the state, it is evaluated here, once the state is known
 * @throws {MillraceError} FORBIDDEN, VIEW_BEHIND, CURSOR_INVALID; BAD_REQUEST when the key has no value
 */
export async function readView(
  { name, key, stateField, type }: ViewBinding,
  coordinate: string,
  rule: AuthRule | undefined,
  args: Readonly<Record<string, unknown>>,
  context: GatewayContext,
): Promise<unknown> {
  const { claims } = context.identity;
  if (context.view === undefined) throw new Error('Only fields of Query can read views');
  const { minCursor } = args;
  const options = typeof minCursor === 'string' ? { minCursor } : {};
  const state = await context.view(name).get(key({ args, claims }), options);
  const shown = selectStateField(state, stateField);
  if (!isObject(shown)) return shown;
  // A copy, because expressions convert an object once: a view may change its state in place.
  if (rule?.readsEvent === true && !rule.allows({ args, claims, event: { ...shown } }))
    throw forbidden(coordinate);
  return type === undefined ? shown : { ...shown, __typename: type };
}

/** The part of a view's state that a field shows: the state, or one of its fields. */
export function selectStateField(state: unknown, field: string | undefined): unknown {
  if (field === undefined || state === null) return state;
  return isObject(state) ? (own(state, field) ?? null) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
