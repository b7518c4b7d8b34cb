#!/usr/bin/env bash
# `admin.alterConfigs` of kafkajs 2.2.4 sets the given settings of a topic and removes all others: a topic that was made to keep
# its records for ever keeps them for a week after another setting is changed. It sends AlterConfigs, which has replaced
# the whole configuration since Kafka 0.11; Java's client dropped it in 4.0 for IncrementalAlterConfigs (KIP-339), but brokers
# still serve it, and kafkajs has no other. Its documentation says "update the configuration for the specified resources".
# What Millrace does: it creates topics and never changes them.
#
# Seen with kafkajs 2.2.4 and Apache Kafka 4.4.0 on Node 20.20:
#   before: retention.ms=-1; after max.message.bytes was set: retention.ms=604800000
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
const topic = { type: kafkajs.ConfigResourceTypes.TOPIC, name: 't' };
const retention = async () => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ ...topic, configNames: ['retention.ms'] }],
  });
  return `retention.ms=${resources[0].configEntries[0].configValue}`;
};
await admin.createTopics({ topics: [{ topic: 't', configEntries: [{ name: 'retention.ms', value: '-1' }] }] });
const before = await retention();
const configEntries = [{ name: 'max.message.bytes', value: '2000000' }];
await admin.alterConfigs({ validateOnly: false, resources: [{ ...topic, configEntries }] });
console.log(`before: ${before}; after max.message.bytes was set: ${await retention()}`);
process.exit(0);
JS
seen=$(timeout 90 node run.mjs "127.0.0.1:$port")
echo "$seen"
[ "$seen" = 'before: retention.ms=-1; after max.message.bytes was set: retention.ms=604800000' ]
