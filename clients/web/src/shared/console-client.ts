import { type Client, ClientError, createClient, type Document, type ShownError } from 'millrace-client';
import { useSyncExternalStore } from 'react';
import { currentSession, deny, isDenial, onSession } from './session';

const URL = '/console/graphql';

/** A gateway that takes longer does not answer any more, as far as a reader is concerned. */
const TIMEOUT_MS = 20_000;

function credentials(): Record<string, string> {
  const { authorization } = currentSession();
  return authorization === undefined ? {} : { authorization };
}

function open(): Client {
  const opened = createClient({ url: URL, credentials });
  opened.onState((state) => {
    if (state.state === 'needs-auth') deny({ code: 'UNAUTHENTICATED', message: state.because });
  });
  return opened;
}

let client = open();
let { generation } = currentSession();
const listeners = new Set<() => void>();

onSession(() => {
  if (currentSession().generation === generation) return;
  generation = currentSession().generation;
  // Its subscriptions wait for credentials, and resume where they were.
  if (client.state.state === 'needs-auth') return client.renew();
  // Subscriptions of the former caller have ended, or must. The next ones need a connection of the new caller.
  const former = client;
  client = open();
  for (const listener of [...listeners]) listener();
  former.close();
});

function onClient(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The subscriptions of all pages, over one WebSocket. Another client after another person has signed in. */
export const useConsoleClient = (): Client => useSyncExternalStore(onClient, () => client);

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
  const askedAs = currentSession().generation;
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
  return dataOf(answer, askedAs) as Data; // The gateway promises the type that the document declares.
}

/** @param askedAs the session's generation: a refusal of the former caller, which comes late, says nothing of this one */
function dataOf(answer: unknown, askedAs: number): unknown {
  const { data, errors } = (answer ?? {}) as {
    readonly data?: unknown;
    readonly errors?: readonly ShownError[];
  };
  if (errors === undefined || errors.length === 0) return data;
  const error = ClientError.of(errors);
  if (isDenial(error.code) && askedAs === currentSession().generation)
    deny({ code: error.code, message: error.message });
  throw error;
}
