import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { z } from 'zod';
import type { Accepted } from './appended.js';

const Where = z.object({
  eventId: z.string(),
  partition: z.number().optional(),
  offset: z.string().optional(),
});
const Answer = z.object({ data: z.record(z.string(), Where) });

/** A client that sends mutations over one WebSocket. */
export function mutationClient(url: string): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
}

/** Sends one mutation. @returns the id of its event @throws when the answer is an error */
export async function mutate(
  client: Client,
  query: string,
  variables: Record<string, unknown>,
): Promise<string> {
  return (await append(client, query, variables)).id;
}

/**
 * As `mutate`, and returns the event's position.
 * @returns -1 for what the query did not ask for
 */
export function append(
  client: Client,
  query: string,
  variables: Record<string, unknown>,
  extensions: Record<string, unknown> = {},
): Promise<Accepted> {
  return new Promise((resolve, reject) => {
    let event: Accepted | undefined;
    client.subscribe(
      { query, variables, extensions },
      {
        next: (answer) => {
          const [where] = Object.values(Answer.safeParse(answer).data?.data ?? {});
          if (where === undefined) return reject(new Error(JSON.stringify(answer)));
          const { eventId, partition = -1, offset = '-1' } = where;
          event = { id: eventId, partition, offset: Number(offset) };
        },
        error: (error) => reject(new Error(JSON.stringify(error))),
        complete: () => (event === undefined ? reject(new Error('no answer')) : resolve(event)),
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
