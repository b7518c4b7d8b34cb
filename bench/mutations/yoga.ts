import { randomUUID } from 'node:crypto';
import { createSchema } from 'graphql-yoga';
import { Kafka, logLevel } from 'kafkajs';
import { listenYoga } from '../baselines/yoga-server.js';
import { serve } from '../call.js';
import type { YogaApi } from './api.js';

// Hand-written mutations, as in the documentation of Yoga and kafkajs.

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
  const resolvers = { Mutation: { say: (_root: unknown, args: Say) => say(args) } };
  return `${await listenYoga(createSchema({ typeDefs: TYPES, resolvers }))}/graphql`;
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
