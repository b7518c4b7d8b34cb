import { MillraceError } from '../../core/errors.js';
import type { AuthRule, ViewBinding } from '../bindings.js';
import type { GatewayContext } from './context.js';

/** Reads a view for a field of Query. A rule that reads the state holds once that is known. */
export async function readView(
  { name, key, stateField, type }: ViewBinding,
  field: string,
  rule: AuthRule | undefined,
  args: Readonly<Record<string, unknown>>,
  context: GatewayContext,
): Promise<unknown> {
  const { claims } = context.identity;
  if (context.view === undefined) throw new Error('Views are read by fields of Query');
  const { minCursor } = args;
  const options = typeof minCursor === 'string' ? { minCursor } : {};
  const state = selectStateField(await context.view(name).get(key({ args, claims }), options), stateField);
  if (!isObject(state)) return state;
  if (rule?.readsEvent === true && !rule.allows({ args, claims, event: state })) {
    throw new MillraceError('FORBIDDEN', `The rule of ${field} does not allow it with these claims`);
  }
  return type === undefined ? state : { ...state, __typename: type };
}

/** The state, or what it has under this name. */
export function selectStateField(state: unknown, stateField: string | undefined): unknown {
  if (stateField === undefined || state === null) return state;
  return isObject(state) ? (state[stateField] ?? null) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
