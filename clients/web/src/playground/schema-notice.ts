import type { HttpAnswer } from './run/http-answer.js';

/** What is to be said when GraphiQL got no schema. @param answer `undefined`: the gateway did not answer */
export function schemaNotice(endpoint: string, answer: HttpAnswer | undefined): string | undefined {
  if (answer === undefined)
    return `${endpoint} does not answer, so there is no schema. Reload the page when the gateway is back.`;
  if (typeof answer.data === 'object' && answer.data !== null) return undefined;
  const [error] = answer.errors ?? [];
  // An answer of GraphQL; its members are only shown.
  const { message = 'no reason was given', extensions } = (error ?? {}) as {
    readonly message?: string;
    readonly extensions?: { readonly code?: string };
  };
  if (extensions?.code === 'UNAUTHENTICATED' || extensions?.code === 'FORBIDDEN')
    return `The gateway refused to show its schema: ${message} Put valid credentials into the editor of headers, then press "Re-fetch GraphQL schema".`;
  return `The gateway does not show its schema: ${message} Operations run all the same, without completion and documentation.`;
}
