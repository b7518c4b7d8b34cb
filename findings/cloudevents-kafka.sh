#!/usr/bin/env bash
# The npm package cloudevents 10.0.0 has a Kafka binding that does not fit kafkajs 2.2.4, the usual Kafka client beside it:
# - kafkajs gives headers as Buffers, and `Kafka.toEvent` throws a TypeError at the `content-type` of such a message;
# - `Kafka.binary` gives attributes that are not set as undefined and an object as value, and `producer.send` throws on both.
# What it means for Millrace: docs/protocol.md shows the conversion.
#
# Seen with cloudevents 10.0.0 and kafkajs 2.2.4 on Node 20.20, and confluent-kafka 2.16.1's mock cluster:
#   received from kafkajs: TypeError; with headers and value as text: {"n":1}; Kafka.binary sent by kafkajs: TypeError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; [ -z "${mock:-}" ] || kill "$mock" 2> /dev/null || true' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4 cloudevents@10.0.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check confluent-kafka==2.16.1
cat > mock.py <<'PY'
import time
from confluent_kafka import Producer

producer = Producer({'bootstrap.servers': 'mock', 'test.mock.num.brokers': 1, 'log_level': 0})
headers = {'ce_specversion': '1.0', 'ce_id': '1', 'ce_source': '/s', 'ce_type': 't', 'content-type': 'application/json'}
producer.produce('t', value=b'{"n":1}', headers=headers)
producer.flush(30)
print(next(iter(producer.list_topics().brokers.values())), flush=True)
time.sleep(300)
PY
cat > run.mjs <<'JS'
import { CloudEvent, Kafka } from 'cloudevents';
import kafkajs from 'kafkajs';

const kafka = new kafkajs.Kafka({ brokers: [process.argv[2]], logLevel: kafkajs.logLevel.NOTHING });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: 'g' });
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic: 't', fromBeginning: true });
const tried = async (action) => {
  try {
    return JSON.stringify(await action());
  } catch (error) {
    return error.name;
  }
};
await consumer.run({
  eachMessage: async ({ message }) => {
    const received = await tried(() => Kafka.toEvent(message).data);
    const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
    const text = await tried(() => Kafka.toEvent({ ...message, headers, value: String(message.value) }).data);
    const event = new CloudEvent({ source: '/s', type: 't', data: { n: 2 } });
    const sent = await tried(() => producer.send({ topic: 't', messages: [Kafka.binary(event)] }));
    console.log(
      `received from kafkajs: ${received}; with headers and value as text: ${text}; Kafka.binary sent by kafkajs: ${sent}`,
    );
    process.exit(0);
  },
});
JS
mkfifo address
venv/bin/python mock.py > address 2> /dev/null & mock=$!
read -r address < address
seen=$(timeout 90 node run.mjs "${address%%/*}")
echo "$seen"
[ "$seen" = 'received from kafkajs: TypeError; with headers and value as text: {"n":1}; Kafka.binary sent by kafkajs: TypeError' ]
