#!/usr/bin/env bash
# kafkajs 2.2.4 says that a group whose members run Kafka's newer protocol (KIP-848, `group.protocol=consumer` in Java's client)
# is "Dead" and has no members: the broker answers the older DescribeGroups so. `admin.setOffsets`, which refuses a group with
# running members, therefore goes on, resolves, and has set nothing.
# What it means for Millrace: its services and views are members of the older protocol, and are described rightly.
#
# Seen with kafkajs 2.2.4, Apache Kafka 4.4.0 and its Java client 4.4.0 on Node 20.20:
#   classic member: state Stable, 1 member, setOffsets: KafkaJSNonRetriableError, offset 5
#   consumer member: state Dead, 0 members, setOffsets: done, offset 5
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
cat > Member.java <<'JAVA'
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads five records, commits, and stays in the group. */
public class Member {
  public static void main(String[] args) {
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "group.id", args[1], "group.protocol", args[1],
        "auto.offset.reset", "earliest", "enable.auto.commit", "false");
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("t"));
      for (int read = 0; ; ) {
        int now = consumer.poll(Duration.ofMillis(200)).count();
        read += now;
        if (now > 0 && read == 5) {
          consumer.commitSync();
          System.out.println("committed");
        }
      }
    }
  }
}
JAVA
cat > run.mjs <<'JS'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import kafkajs from 'kafkajs';

const brokers = [process.argv[2]];
const kafka = new kafkajs.Kafka({
  brokers,
  logLevel: kafkajs.logLevel.NOTHING,
  retry: { retries: 60, maxRetryTime: 1_000 },
});
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] });
const producer = kafka.producer();
await producer.connect();
await producer.send({ topic: 't', messages: ['1', '2', '3', '4', '5'].map((value) => ({ value })) });
for (const groupId of ['classic', 'consumer']) {
  const member = spawn('java', ['-cp', 'libs/*', 'Member.java', brokers[0], groupId], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(createInterface({ input: member.stdout }), 'line');
  const { groups } = await admin.describeGroups([groupId]);
  const [{ state, members }] = groups;
  const partitions = [{ partition: 0, offset: '1' }];
  const set = await admin.setOffsets({ groupId, topic: 't', partitions }).then(
    () => 'done',
    (error) => error.name,
  );
  const [{ partitions: committed }] = await admin.fetchOffsets({ groupId, topics: ['t'] });
  const counted = `${members.length} member${members.length === 1 ? '' : 's'}`;
  console.log(`${groupId} member: state ${state}, ${counted}, setOffsets: ${set}, offset ${committed[0].offset}`);
  member.kill('SIGKILL');
}
process.exit(0);
JS
seen=$(timeout 200 node run.mjs "127.0.0.1:$port")
echo "$seen"
[ "$seen" = 'classic member: state Stable, 1 member, setOffsets: KafkaJSNonRetriableError, offset 5
consumer member: state Dead, 0 members, setOffsets: done, offset 5' ]
