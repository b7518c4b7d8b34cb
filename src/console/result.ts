import type { ExecutionResult } from 'graphql';
import { executionHead, type SharedResult, sharedResult } from '../subscribe/delivery/result-layout.js';

/** What a cursor of the console is made of: it stands in JSON, and in the lines of an event stream. */
const CURSOR = /^[\w.~-]+$/;

/**
 * A result in the layout of all subscriptions. Its last extension, which the layout keeps open, is the cursor, or else when
 * the result was made.
 * @throws {Error} for a cursor of other characters: a fault of the page that made it
 */
export function consoleResult(result: ExecutionResult, cursor: string | undefined, now: Date): SharedResult {
  const sent = now.toISOString();
  if (cursor === undefined)
    return { ...sharedResult(executionHead(result, ',"extensions":{"sent":"'), sent), cursor: '' };
  if (!CURSOR.test(cursor)) throw new Error(`A cursor of the console has other characters: ${cursor}`);
  return sharedResult(executionHead(result, `,"extensions":{"sent":"${sent}","cursor":"`), cursor);
}
