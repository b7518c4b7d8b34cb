import { readFileSync } from 'node:fs';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What the pages subscribe to: their own documents. */
const OPERATIONS = [
  { file: 'monitor/monitor.graphql', operationName: 'Monitor' },
  { file: 'map/map.graphql', operationName: 'TopologyFlows' },
];
// The same from bench/ and from dist-bench/.
const PAGES = new URL('../../clients/web/src/console/', import.meta.url);

/** A page of the console that looks at the monitor and at the map of a gateway. `check` throws when it was not served. */
export async function openPage(url: string): Promise<AsyncDisposable & { check(): void }> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/console/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const readings = OPERATIONS.map(() => 0);
  const failures: unknown[] = [];
  for (const [i, { file, operationName }] of OPERATIONS.entries()) {
    const query = readFileSync(new URL(file, PAGES), 'utf8');
    const sink = {
      next: ({ errors }: { readonly errors?: unknown }) => {
        readings[i] = (readings[i] ?? 0) + 1;
        if (errors !== undefined) failures.push(errors);
      },
      error: (error: unknown) => failures.push(error),
      complete: () => undefined,
    };
    client.subscribe({ query, operationName }, sink);
  }
  return {
    check: () => {
      if (failures.length > 0 || readings.includes(0))
        throw new Error(
          `The console was not served: ${readings.join()} readings, ${JSON.stringify(failures[0])}`,
        );
    },
    [Symbol.asyncDispose]: async () => client.dispose(),
  };
}
