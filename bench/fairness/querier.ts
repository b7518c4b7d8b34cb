import { serve } from '../call.js';
import { now, pause } from '../clock.js';
import type { MutationClient } from '../mutations/api.js';
import { HttpMutationClient } from '../mutations/http-client.js';
import { WebSocketMutationClient } from '../mutations/websocket-client.js';
import { percentile } from '../row.js';
import type { QuerierApi, QueryLatencies, QuerySpec } from './api.js';

// Many clients that send few queries each, in a process of their own.

const BODY = JSON.stringify({ query: '{ ok }' });

let spec: QuerySpec | undefined;
let clients: readonly MutationClient[] = [];

serve<QuerierApi>('querier', {
  async connect(given) {
    spec = given;
    const { url, transport } = given;
    const open = (): Promise<MutationClient> =>
      transport === 'http' ? HttpMutationClient.connect(url, 1) : WebSocketMutationClient.connect(url);
    clients = await Promise.all(Array.from({ length: given.clients }, open));
  },
  async run(durationMs): Promise<QueryLatencies> {
    if (spec === undefined) throw new Error('No clients are connected');
    const { intervalMs } = spec;
    const latencies: number[] = [];
    const start = now();
    const one = async (client: MutationClient, i: number): Promise<void> => {
      // Spread over the interval. A query that is sent late, because the one before took long, counts from when it was due.
      for (let due = start + (i * intervalMs) / clients.length; due < start + durationMs; due += intervalMs) {
        const ahead = due - now();
        if (ahead > 0) await pause(ahead);
        const from = ahead > 0 ? now() : due;
        const answer = await client.mutate(BODY);
        if (!answer.includes('"data"')) throw new Error(answer);
        latencies.push(now() - from);
      }
    };
    await Promise.all(clients.map(one));
    return {
      count: latencies.length,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      max: Math.max(...latencies),
    };
  },
  close() {
    for (const client of clients) client.close();
    clients = [];
  },
});
