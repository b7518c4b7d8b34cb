// Writes and reads CloudEvents with the SDK for Node over kafkajs, converted as docs/protocol.md says. The protocol is that of
// cloudevents.py: `cloudevents.mjs <folder of the packages> <brokers>`.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import kafkajs from 'kafkajs';

const [folder, brokers] = process.argv.slice(2);
const { CloudEvent, Kafka } = createRequire(join(folder, 'package.json'))('cloudevents');

const client = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await producer.connect();

async function write({ mode, topic, key, value }) {
  const event = new CloudEvent({
    ...value,
    datacontenttype: 'application/json',
    partitionkey: key,
    count: 7,
    urgent: true,
  });
  const { headers, value: data } = mode === 'structured' ? Kafka.structured(event) : Kafka.binary(event);
  const set = Object.fromEntries(
    Object.entries(headers).flatMap(([name, v]) => (v === undefined ? [] : [[name, String(v)]])),
  );
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  const [written] = await producer.send({ topic, messages: [{ key, headers: set, value: text }] });
  return { partition: written.partition, offset: Number(written.baseOffset) };
}

async function read({ topic, partition, offset }) {
  const consumer = client.consumer({ groupId: `reads-${topic}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const message = await new Promise((resolve, reject) => {
      const eachMessage = async (one) => {
        if (one.partition === partition && one.message.offset === String(offset)) resolve(one.message);
      };
      consumer.run({ eachMessage }).catch(reject);
    });
    const text = Object.fromEntries(Object.entries(message.headers).map(([name, v]) => [name, String(v)]));
    const record = { key: message.key?.toString(), headers: text, value: message.value.toString() };
    return { value: Kafka.toEvent(record).toJSON() };
  } finally {
    await consumer.disconnect();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(request.op === 'write' ? await write(request) : await read(request)));
}
await producer.disconnect();
