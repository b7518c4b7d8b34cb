import { serve } from '../call.js';
import { now } from '../clock.js';
import { percentile } from '../row.js';
import type { Asked, AskersApi, Asking, Way } from './api.js';
import { HttpAsker } from './http-asker.js';
import { SocketAsker } from './socket-asker.js';

// The clients that mutate, in a process of their own.

/** Sends mutations to one server, and answers each with the text of its result. */
export interface Asker {
  ask(body: string): Promise<string>;
  close(): void;
}

const TEXT = 'x'.repeat(180);
const ROOMS = 1_000;
const QUERY =
  'mutation($room: ID!, $text: String!) { say(room: $room, text: $text) { eventId partition offset } }';

const connect: Readonly<Record<Way, (asking: Asking) => Promise<Asker>>> = {
  http: ({ url, inFlight }) => HttpAsker.connect(url, inFlight),
  websocket: ({ url }) => SocketAsker.connect(url),
};

serve<AskersApi>('askers', {
  async ask(asking): Promise<Asked> {
    const asker = await connect[asking.way](asking);
    const latencies: number[] = [];
    const start = now();
    const end = start + asking.during;
    let next = 0;
    const one = async (): Promise<void> => {
      for (let began = now(); began < end; began = now()) {
        const variables = { room: `room-${next++ % ROOMS}`, text: TEXT };
        const answer = await asker.ask(JSON.stringify({ query: QUERY, variables }));
        if (!answer.includes('"eventId"')) throw new Error(answer);
        latencies.push(now() - began);
      }
    };
    await Promise.all(Array.from({ length: asking.inFlight }, one));
    const took = now() - start;
    asker.close();
    return {
      count: latencies.length,
      rate: (latencies.length * 1_000) / took,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
    };
  },
});
