import { ClientError, createClient, type Document } from 'millrace-client';
import { currentSession, deny, isDenial, onSession } from './session';

const URL = '/console/graphql';

/** A gateway that takes longer does not answer any more, as far as a reader is concerned. */
const TIMEOUT_MS = 20_000;

function credentials(): Record<string, string> {
  const { authorization } = currentSession();
  return authorization === undefined ? {} : { authorization };
}

/** The subscriptions of all pages, over one WebSocket. */
export const consoleClient = createClient({ url: URL, credentials });

let generation = currentSession().generation;
onSession(() => {
  if (currentSession().generation === generation) return;
  generation = currentSession().generation;
  consoleClient.renew();
});

consoleClient.onState((state) => {
  if (state.state === 'needs-auth') deny({ code: 'UNAUTHENTICATED', message: state.because });
});

/**
 * Asks the gateway once: a query, or a mutation.
 * @throws {ClientError} with the gateway's code, or UNREACHABLE
 */
export async function ask<Data, Variables extends object>(
  document: Document<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let answer: unknown;
  try {
    const response = await fetch(URL, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...credentials() },
      body: JSON.stringify({ query: String(document), variables }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    answer = await response.json();
  } catch (cause) {
    signal?.throwIfAborted();
    const seconds = TIMEOUT_MS / 1_000;
    const message = timeout.aborted
      ? `The gateway has not answered within ${seconds} seconds.`
      : 'The gateway cannot be reached.';
    throw new ClientError('UNREACHABLE', message, { retry: true, cause });
  }
  return dataOf(answer) as Data; // The gateway promises the type that the document declares.
}

function dataOf(answer: unknown): unknown {
  const { data, errors } = (answer ?? {}) as {
    readonly data?: unknown;
    readonly errors?: ConstructorParameters<typeof Array<ClientError['errors'][number]>>;
  };
  if (!Array.isArray(errors) || errors.length === 0) return data;
  const error = ClientError.of(errors);
  if (isDenial(error.code)) deny({ code: error.code, message: error.message });
  throw error;
}
