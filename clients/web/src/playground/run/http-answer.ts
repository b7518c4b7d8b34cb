import type { Result } from '../log/happenings.js';
import { bodyOf, type PlaygroundOperation } from './operation.js';

export interface HttpAnswer extends Result {
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * The answer to a query or mutation.
 * @param correlationId by which the events of a mutation are found again
 * @throws {Error} with a sentence, when there is no answer of GraphQL
 */
export async function httpAnswer(
  operation: PlaygroundOperation,
  correlationId: string | undefined,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { endpoint, headers } = operation;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      ...headers,
      accept: 'application/graphql-response+json, application/json',
      'content-type': 'application/json',
    },
    body: bodyOf(operation, correlationId === undefined ? undefined : { correlationId }),
    signal,
  });
  const text = await response.text();
  const answer = parsed(text);
  if (answer === undefined)
    throw new Error(
      `${endpoint} answered with status ${response.status} and no JSON. Is a proxy in between?`,
    );
  return answer;
}

function parsed(text: string): HttpAnswer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // The members of an answer of GraphQL are only shown.
    return typeof value === 'object' && value !== null ? (value as HttpAnswer) : undefined;
  } catch {
    return undefined;
  }
}
