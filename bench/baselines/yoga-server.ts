import { once } from 'node:events';
import { createServer } from 'node:http';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga, type GraphQLSchemaWithContext, type YogaInitialContext } from 'graphql-yoga';
import { WebSocketServer } from 'ws';

/** Serves a schema over HTTP and WebSocket, as in the documentation of Yoga. @returns its origin */
export async function listenYoga(schema: GraphQLSchemaWithContext<YogaInitialContext>): Promise<string> {
  const yoga = createYoga({ logging: false, schema });
  const server = createServer(yoga);
  useServer(
    {
      // Yoga executes what `onSubscribe` prepared.
      execute: (args) => yogaArgs(args).execute(args),
      subscribe: (args) => yogaArgs(args).subscribe(args),
      onSubscribe: async (context, _id, params) => {
        const enveloped = yoga.getEnveloped({ ...context, req: context.extra.request, params });
        const { schema: its, execute, subscribe, contextFactory, parse, validate } = enveloped;
        const args = {
          schema: its,
          operationName: params.operationName,
          document: parse(params.query),
          variableValues: params.variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        };
        const errors = validate(args.schema, args.document);
        return errors.length > 0 ? errors : args;
      },
    },
    new WebSocketServer({ server, path: yoga.graphqlEndpoint }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number }; // A TCP server's address.
  return `http://127.0.0.1:${port}`;
}

interface YogaRoot {
  readonly execute: (args: unknown) => never;
  readonly subscribe: (args: unknown) => never;
}

/** `onSubscribe` above put them into `rootValue`, which graphql-ws passes on as unknown. */
const yogaArgs = (args: { readonly rootValue?: unknown }): YogaRoot => args.rootValue as YogaRoot;
