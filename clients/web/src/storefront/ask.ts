import { type Client, ClientError } from 'millrace-client';
import { useEffect, useState } from 'react';

type Document<Data> = { readonly __apiType?: ((variables: never) => Data) | undefined; toString(): string };

interface Answer<Data> {
  readonly data: Data | undefined;
  readonly error: ClientError | undefined;
}

/** Milliseconds between attempts. A page that shows nothing is not worth a longer pause. */
const RETRY_MS = 1_000;

/** A query, retried while the shop cannot be reached: `client` is for subscriptions and mutations. */
export function useQuery<Data>(
  client: Client,
  document: Document<Data>,
  name: string | undefined,
): Answer<Data> {
  const [answer, setAnswer] = useState<Answer<Data>>({ data: undefined, error: undefined });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another client stands for another user, who asks again.
  useEffect(() => {
    const life = new AbortController();
    const run = async (): Promise<void> => {
      while (!life.signal.aborted) {
        const next = await ask(document, name, life.signal);
        if (life.signal.aborted) return;
        setAnswer((before) => (next.data === undefined ? { ...before, error: next.error } : next));
        if (next.error?.retry !== true) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    };
    void run();
    return () => life.abort();
  }, [client, document, name]);
  return answer;
}

async function ask<Data>(
  document: Document<Data>,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Answer<Data>> {
  const failed = (error: ClientError): Answer<Data> => ({ data: undefined, error });
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(name !== undefined && { authorization: `Demo ${name}` }),
      },
      body: JSON.stringify({ query: document.toString() }),
      signal,
    });
    const { data, errors } = await response.json();
    if (errors?.length) return failed(ClientError.of(errors));
    // The server promises the type that the document declares.
    return { data: data as Data, error: undefined };
  } catch (cause) {
    return failed(new ClientError('UNREACHABLE', String(cause), { retry: true, cause }));
  }
}
