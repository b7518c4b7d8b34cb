#!/usr/bin/env bash
# kafkajs 2.2.4 reads a header without a value (null, which every client may write) as null, and throws a TypeError when it
# writes one. So a program that passes on the headers that it received, as for a dead letter, fails at such a record for ever.
# What Millrace does: it writes headers itself, nulls included, src/adapters/kafka/wire/.
#
# Seen with kafkajs 2.2.4 on Node 20.20, and confluent-kafka 2.16.1's mock cluster:
#   received {"trace":null}; sent on: TypeError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; [ -z "${mock:-}" ] || kill "$mock" 2> /dev/null || true' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check confluent-kafka==2.16.1
cat > mock.py <<'PY'
import time
from confluent_kafka import Producer

producer = Producer({'bootstrap.servers': 'mock', 'test.mock.num.brokers': 1, 'log_level': 0})
producer.produce('t', value=b'v', headers=[('trace', None)])
producer.flush(30)
print(next(iter(producer.list_topics().brokers.values())), flush=True)
time.sleep(300)
PY
cat > run.mjs <<'JS'
import kafkajs from 'kafkajs';

const kafka = new kafkajs.Kafka({ brokers: [process.argv[2]], logLevel: kafkajs.logLevel.NOTHING });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: 'g' });
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic: 't', fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message: { value, headers } }) => {
    const sent = await producer.send({ topic: 't', messages: [{ value, headers }] }).then(
      () => 'received',
      (error) => error.name,
    );
    console.log(`received ${JSON.stringify(headers)}; sent on: ${sent}`);
    process.exit(0);
  },
});
JS
mkfifo address
venv/bin/python mock.py > address 2> /dev/null & mock=$!
read -r address < address
seen=$(timeout 90 node run.mjs "${address%%/*}")
echo "$seen"
[ "$seen" = 'received {"trace":null}; sent on: TypeError' ]
