import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema, createYoga } from 'graphql-yoga';
import { Kafka, logLevel } from 'kafkajs';
import { WebSocketServer } from 'ws';
import { serve } from '../call.js';
import type { YogaApi } from './api.js';

// Mutations as the documentation of Yoga and kafkajs has them written by hand.

interface Say {
  readonly room: string;
  readonly text: string;
}

interface Published {
  readonly eventId: string;
  readonly partition: number;
  readonly offset: string;
}

const TYPES = `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! }
  type Published { eventId: ID! partition: Int! offset: String! }
`;

async function listen(say: (args: Say) => Published | Promise<Published>): Promise<string> {
  const yoga = createYoga({
    logging: false,
    schema: createSchema({
      typeDefs: TYPES,
      resolvers: { Mutation: { say: (_root: unknown, args: Say) => say(args) } },
    }),
  });
  const server = createServer(yoga);
  useServer(
    {
      // As Yoga's documentation has it: what `onSubscribe` prepared is run by Yoga's own execution.
      execute: (args) => yogaArgs(args).execute(args),
      subscribe: (args) => yogaArgs(args).subscribe(args),
      onSubscribe: async (context, _id, params) => {
        const enveloped = yoga.getEnveloped({ ...context, req: context.extra.request, params });
        const { schema, execute, subscribe, contextFactory, parse, validate } = enveloped;
        const args = {
          schema,
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
  return `http://127.0.0.1:${port}/graphql`;
}

serve<YogaApi>('yoga', {
  async publishing({ brokers, topic }) {
    const producer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    return listen(async ({ room, text }) => {
      const eventId = randomUUID();
      const headers = {
        ce_specversion: '1.0',
        ce_id: eventId,
        ce_source: '/bench',
        ce_type: 'Said',
        'content-type': 'application/json',
      };
      const messages = [{ key: room, value: JSON.stringify({ room, text }), headers }];
      const [sent] = await producer.send({ topic, messages, acks: -1 });
      return { eventId, partition: sent?.partition ?? -1, offset: sent?.baseOffset ?? '' };
    });
  },
  nothing: () => listen(() => ({ eventId: 'none', partition: 0, offset: '0' })),
});

interface YogaRoot {
  readonly execute: (args: unknown) => never;
  readonly subscribe: (args: unknown) => never;
}

/** `onSubscribe` above put them there; graphql-ws hands its arguments on with `rootValue` unknown. */
const yogaArgs = (args: { readonly rootValue?: unknown }): YogaRoot => args.rootValue as YogaRoot;
