import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type OldSubprotocolClient,
  oldSubprotocolClient,
} from '../../scripts/services/old-subprotocol-clients.mjs';
import { type Served, serve, subscribed } from '../transport/serve.js';

const WAIT = { timeout: 60_000, interval: 20 };

/** How each shows what it is told, in a line. */
const CLIENTS: readonly {
  readonly name: OldSubprotocolClient;
  readonly url: (served: Served) => string;
  readonly data: (n: number) => string;
  readonly error: RegExp;
}[] = [
  {
    name: 'apollo-kotlin',
    url: ({ server }) => server.url,
    data: (n) => `data {n=${n}, filling=} c${n}.tag`,
    error:
      /^error SubscriptionOperationException \{message=no, extensions=\{code=SLOW_CONSUMER, retry=true\}/,
  },
  {
    name: 'go-hasura-default',
    url: ({ wsUrl }) => wsUrl,
    data: (n) => `data {"n":${n},"filling":""}`,
    error: /^error \{"message":"no","extensions":\{"code":"SLOW_CONSUMER","retry":true\}/,
  },
];

describe('clients that speak the old subprotocol by default', { timeout: 240_000 }, () => {
  it.each(CLIENTS)(
    '$name gets results in their order, the error of a subscription, and its end',
    async (client) => {
      const command = await oldSubprotocolClient(client.name);
      const served = await serve({ keepAlive: 1_000 });
      const run = () => {
        const [program, ...args] = command;
        const child = spawn(program, [...args, client.url(served), 'subscription { n filling }'], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        onTestFinished(() => void child.kill('SIGKILL'));
        const lines: string[] = [];
        createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
        return lines;
      };
      const [completed, failed] = [run(), run()];
      const subscriptions = await Promise.all(
        [0, 1].map((index) => vi.waitFor(() => subscribed(served, index), WAIT)),
      );
      for (const n of [1, 2, 3]) {
        for (const subscription of subscriptions) subscription.next(n);
        // Go's client handles messages at the same time: results that follow at once overtake each other.
        for (const lines of [completed, failed]) await vi.waitFor(() => expect(lines).toHaveLength(n), WAIT);
      }
      subscriptions[0]?.sink.complete();
      subscriptions[1]?.sink.error([{ message: 'no', extensions: { code: 'SLOW_CONSUMER', retry: true } }]);
      for (const lines of [completed, failed]) await vi.waitFor(() => expect(lines).toContain('end'), WAIT);
      const ended = [completed, failed].sort((a, b) => a.length - b.length);
      const results = [1, 2, 3].map(client.data);
      expect(ended[0]).toEqual([...results, 'end']);
      expect(ended[1]).toEqual(
        expect.arrayContaining([...results, expect.stringMatching(client.error), 'end']),
      );
    },
  );
});
