import { randomUUID } from 'node:crypto';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { createSchema } from 'graphql-yoga';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { serve } from '../call.js';
import { listenYoga } from './yoga-server.js';

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
    const schema = createSchema({
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
    });
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
    return listenYoga(schema);
  },
});
