import { randomUUID } from 'node:crypto';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { createSchema } from 'graphql-yoga';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { serve } from '../call.js';
import { listenYoga } from './yoga-server.js';

// The same service written by hand, as in the documentation of these libraries: a consumer publishes the events from Kafka to
// Redis, and each subscriber's iterator receives them from there.

export interface HandWrittenApi {
  /** @returns the URL, once its consumer runs */
  listen(options: {
    readonly brokers: string;
    readonly redis: string;
    readonly topic: string;
  }): Promise<string>;
}

interface SaidData {
  readonly room: string;
}

serve<HandWrittenApi>('handwritten', {
  async listen({ brokers, redis, topic }) {
    const pubsub = new RedisPubSub({ publisher: new Redis(redis), subscriber: new Redis(redis) });
    const channelOf = (room: string): string => `handwritten:${topic}:${room}`;
    const schema = createSchema({
      typeDefs: `
        type Query { ok: Boolean }
        type Subscription { saidIn(room: ID!): Said! }
        type Said { n: Int! room: ID! at: Float! text: String! }
      `,
      resolvers: {
        Subscription: {
          saidIn: {
            subscribe: (_root: unknown, { room }: SaidData) => pubsub.asyncIterableIterator(channelOf(room)),
            resolve: (said: SaidData) => said,
          },
        },
      },
    });
    const consumer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).consumer({
      groupId: `handwritten-${randomUUID()}`,
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: false });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const said = JSON.parse(String(message.value)) as SaidData; // The benchmark's own events.
        await pubsub.publish(channelOf(said.room), said);
      },
    });
    return listenYoga(schema);
  },
});
