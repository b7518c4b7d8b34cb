import { serve } from '../call.js';
import { now } from '../clock.js';
import { percentile } from '../row.js';
import { TEXT } from '../said-event.js';
import type { MutationClient, MutationFigures, MutationLoad, MutationTransport, MutatorApi } from './api.js';
import { HttpMutationClient } from './http-client.js';
import { WebSocketMutationClient } from './websocket-client.js';

// The clients that send mutations, in a process of their own.

const ROOMS = 1_000;
const QUERY =
  'mutation($room: ID!, $text: String!) { say(room: $room, text: $text) { eventId partition offset } }';

const connect: Readonly<Record<MutationTransport, (load: MutationLoad) => Promise<MutationClient>>> = {
  http: ({ url, inFlight }) => HttpMutationClient.connect(url, inFlight),
  websocket: ({ url }) => WebSocketMutationClient.connect(url),
};

serve<MutatorApi>('mutator', {
  async run(load): Promise<MutationFigures> {
    const client = await connect[load.transport](load);
    const latencies: number[] = [];
    const start = now();
    const end = start + load.durationMs;
    let next = 0;
    const one = async (): Promise<void> => {
      for (let began = now(); began < end; began = now()) {
        const variables = { room: `room-${next++ % ROOMS}`, text: TEXT };
        const answer = await client.mutate(JSON.stringify({ query: QUERY, variables }));
        if (!answer.includes('"eventId"')) throw new Error(answer);
        latencies.push(now() - began);
      }
    };
    await Promise.all(Array.from({ length: load.inFlight }, one));
    const took = now() - start;
    client.close();
    return {
      count: latencies.length,
      rate: (latencies.length * 1_000) / took,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
    };
  },
});
