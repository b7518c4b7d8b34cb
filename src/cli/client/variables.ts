import { messageOf } from '../../core/errors.js';
import { UserError } from '../user-error.js';
import { marked } from './exact-numbers.js';

/**
 * Variables as JSON. Integers beyond 2^53 are marked (`exact-numbers.ts`).
 * @param source where they come from, for messages
 * @throws {UserError}
 */
export function parseVariables(json: string, source: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(marked(json));
  } catch (error) {
    throw new UserError(`${source} is not JSON: ${messageOf(error)}.`, 2);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError(`${source} is not a JSON object of variables, such as {"id":"order-1"}.`, 2);
  return Object.fromEntries(Object.entries(value));
}
