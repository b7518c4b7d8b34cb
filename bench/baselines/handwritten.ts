import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema, createYoga } from 'graphql-yoga';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { WebSocketServer } from 'ws';
import { serve } from '../call.js';

// The same service as the documentation of these libraries has it built by hand: a consumer publishes what
// Kafka brings to Redis, and each subscriber's iterator hears it from there.

export interface HandWrittenApi {
  /** @returns where it listens, once its consumer runs */
  listen(options: {
    readonly brokers: string;
    readonly redis: string;
    readonly topic: string;
  }): Promise<string>;
}

interface Said {
  readonly room: string;
}

serve<HandWrittenApi>('handwritten', {
  async listen({ brokers, redis, topic }) {
    const pubsub = new RedisPubSub({ publisher: new Redis(redis), subscriber: new Redis(redis) });
    const channelOf = (room: string): string => `handwritten:${topic}:${room}`;
    const yoga = createYoga({
      logging: false,
      schema: createSchema({
        typeDefs: `
          type Query { ok: Boolean }
          type Subscription { saidIn(room: ID!): Said! }
          type Said { n: Int! room: ID! at: Float! text: String! }
        `,
        resolvers: {
          Subscription: {
            saidIn: {
              subscribe: (_root: unknown, { room }: Said) => pubsub.asyncIterableIterator(channelOf(room)),
              resolve: (said: Said) => said,
            },
          },
        },
      }),
    });
    const server = createServer(yoga);
    const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint });
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
      sockets,
    );
    const consumer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).consumer({
      groupId: `handwritten-${randomUUID()}`,
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: false });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const said = JSON.parse(String(message.value)) as Said; // The benchmark's own events.
        await pubsub.publish(channelOf(said.room), said);
      },
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number }; // A TCP server's address.
    return `http://127.0.0.1:${port}`;
  },
});

interface YogaRoot {
  readonly execute: (args: unknown) => never;
  readonly subscribe: (args: unknown) => never;
}

/** `onSubscribe` above put them there; graphql-ws hands its arguments on with `rootValue` unknown. */
const yogaArgs = (args: { readonly rootValue?: unknown }): YogaRoot => args.rootValue as YogaRoot;
