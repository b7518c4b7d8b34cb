#!/usr/bin/env bash
# A kafkajs 2.2.4 consumer with `eachMessage` that has read a whole topic keeps a lag of 1 for each partition whose last records were
# written in a transaction: it commits the offset after the last *message*, and the marker that ends the transaction has an
# offset too. Nothing moves it but the next message. `eachBatch` commits past the marker, as Java's client does.
# What it means for Millrace: services write in transactions, so that other consumers of their topics look late (docs/operating.md).
#
# Seen with kafkajs 2.2.4 and Apache Kafka 4.4.0 on Node 20.20:
#   eachMessage: read 2, committed 2 of 3; eachBatch: read 2, committed 3 of 3
set -euo pipefail
folder=$(mktemp -d)
trap '[ -z "${broker:-}" ] || { kill -9 "$broker" && wait "$broker"; } 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=libs -DincludeScope=runtime
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
cat > server.properties <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
PROPERTIES
java -cp 'libs/*' kafka.tools.StorageTool format --cluster-id=AAAAAAAAAAAAAAAAAAAAAA -c server.properties > /dev/null 2>&1
java -Xmx512m -cp 'libs/*' kafka.Kafka server.properties > /dev/null 2>&1 & broker=$!
cat > run.mjs <<'JS'
import kafkajs from 'kafkajs';

const kafka = new kafkajs.Kafka({
  brokers: [process.argv[2]],
  logLevel: kafkajs.logLevel.NOTHING,
  retry: { retries: 60, maxRetryTime: 1_000 },
});
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] });
const producer = kafka.producer({ transactionalId: 'p', idempotent: true, maxInFlightRequests: 1 });
await producer.connect();
const transaction = await producer.transaction();
await transaction.send({ topic: 't', messages: [{ value: 'a' }, { value: 'b' }] });
await transaction.commit();

async function committedBy(groupId, run) {
  const consumer = kafka.consumer({ groupId });
  let read = 0;
  await consumer.connect();
  await consumer.subscribe({ topic: 't', fromBeginning: true });
  const ended = new Promise((resolve) => {
    // Two fetches that find nothing more: all that will be committed is.
    let empty = 0;
    consumer.on(consumer.events.FETCH, ({ payload }) => {
      if (read === 2 && payload.numberOfBatches === 0 && ++empty === 2) resolve();
    });
  });
  await consumer.run(run((count) => (read += count)));
  await ended;
  await consumer.disconnect();
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: ['t'] });
  const [{ high }] = await admin.fetchTopicOffsets('t');
  return `${groupId}: read ${read}, committed ${partitions[0].offset} of ${high}`;
}

const eachMessage = await committedBy('eachMessage', (add) => ({ eachMessage: async () => void add(1) }));
const eachBatch = await committedBy('eachBatch', (add) => ({
  eachBatch: async ({ batch }) => void add(batch.messages.length),
}));
console.log(`${eachMessage}; ${eachBatch}`);
process.exit(0);
JS
seen=$(timeout 150 node run.mjs "127.0.0.1:$port")
echo "$seen"
[ "$seen" = 'eachMessage: read 2, committed 2 of 3; eachBatch: read 2, committed 3 of 3' ]
