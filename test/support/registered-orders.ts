import { Kafka, logLevel } from 'kafkajs';
import type { GatewayProcess } from './gateway-process.js';
import { kafkaBrokers, uniqueName } from './services.js';

/** Of `type Order`, for a registry. */
export const JSON_SCHEMA = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Order',
  type: 'object',
  required: ['id', 'text'],
  properties: { id: { type: 'integer' }, text: { type: 'string' }, at: { type: 'string' } },
});

/** A topic whose values are orders with a schema in a registry. @param format `AVRO`, `PROTOBUF` or `JSON_SCHEMA` */
export const schemaOf = (topic: string, format: string) => `
  extend schema @topic(name: "${topic}", envelope: JSON, value: ${format}, types: { rule: LAST_NAME })
  type Query { hello: String }
  type Mutation { place(id: ID!, text: String!, at: DateTime!): Published! @publish(topic: "${topic}", type: "Order", key: "args.id") }
  type Subscription { orders(text: String!): Order! @subscribe(topic: "${topic}", filter: "event.text == args.text") }
  type Order { id: ID! text: String! at: DateTime! }
`;

/** Publishes an order. */
export async function place({ url }: GatewayProcess, variables: object) {
  const query =
    'mutation ($id: ID!, $text: String!, $at: DateTime!) { place(id: $id, text: $text, at: $at) { partition offset } }';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as {
    data: { place: { partition: number; offset: string } } | null;
    errors?: readonly { message: string; extensions: { code: string } }[];
  };
}

/** A topic with two partitions. */
export async function openTopic(): Promise<string> {
  const topic = uniqueName('registry');
  const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2 }] });
  await admin.disconnect();
  return topic;
}
