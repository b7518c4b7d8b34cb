import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { z } from 'zod';

const Answer = z.object({ data: z.record(z.string(), z.object({ eventId: z.string() })) });

/** A client that sends mutations over one WebSocket. */
export function mutationClient(url: string): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
}

/** Sends one mutation. @returns the id of its event @throws when the answer is an error */
export function mutate(client: Client, query: string, variables: Record<string, unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    let id: string | undefined;
    client.subscribe(
      { query, variables },
      {
        next: (answer) => {
          const parsed = Answer.safeParse(answer);
          if (parsed.success) id = Object.values(parsed.data.data)[0]?.eventId;
          else reject(new Error(JSON.stringify(answer)));
        },
        error: (error) => reject(new Error(JSON.stringify(error))),
        complete: () => (id === undefined ? reject(new Error('no answer')) : resolve(id)),
      },
    );
  });
}

/** Sends `count` mutations, so many at a time. @returns the ids of their events */
export async function mutateMany(
  client: Client,
  query: string,
  options: {
    readonly count: number;
    readonly inFlight: number;
    variables(i: number): Record<string, unknown>;
  },
): Promise<readonly string[]> {
  const ids: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < options.count) ids.push(await mutate(client, query, options.variables(next++)));
  };
  await Promise.all(Array.from({ length: options.inFlight }, worker));
  return ids;
}
