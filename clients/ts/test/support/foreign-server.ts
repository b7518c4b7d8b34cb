import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createHandler } from 'graphql-sse/lib/use/http';
import { useServer as serveOver } from 'graphql-ws/use/ws';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';

// The copy that the servers load: vitest would give this file another one.
const graphql: typeof import('graphql') = createRequire(import.meta.url)('graphql');
const { GraphQLInt, GraphQLObjectType, GraphQLSchema } = graphql;

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { ok: { type: GraphQLInt, resolve: () => 1 } } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      count: {
        type: GraphQLInt,
        async *subscribe() {
          for (let count = 1; count <= 3; count++) yield { count };
        },
      },
    },
  }),
});

/** Servers that know nothing of Millrace: the reference implementations of both protocols. */
export async function serve(): Promise<string> {
  const handler = createHandler({ schema });
  const server = createServer((request, response) => void handler(request, response));
  const sockets = new WebSocketServer({ server });
  const ws = serveOver({ schema }, sockets);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    await ws.dispose();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return `http://127.0.0.1:${port}/graphql`;
}
