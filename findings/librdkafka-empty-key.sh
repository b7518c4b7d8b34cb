#!/usr/bin/env bash
# librdkafka's default partitioner (consistent_random) spreads records whose key is empty over random partitions, as it
# does records without a key. An empty key is a key everywhere else: Java's client, kafkajs and franz-go hash it to one
# partition, brokers store it apart from null, and compaction keeps one record for it.
# What it means for Millrace: a topic of such producers has no single partition for the key "".
#
# Seen with confluent-kafka 2.16.1 (librdkafka 2.16.1), against the mock cluster that librdkafka carries:
#   key b"a": 1 partition; key b"": several partitions; no key: several partitions
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check confluent-kafka==2.16.1
cat > run.py <<'PY'
from confluent_kafka import Producer

producer = Producer({
    'bootstrap.servers': 'mock',
    'test.mock.num.brokers': 1,
    # Each record is partitioned by itself, not with the batch before it.
    'sticky.partitioning.linger.ms': 0,
    'log_level': 0,
})

def partitions(key):
    seen = set()
    for _ in range(64):
        producer.produce('t', key=key, value=b'v', on_delivery=lambda error, m: seen.add(m.partition()))
    producer.flush(30)
    return '1 partition' if len(seen) == 1 else 'several partitions' if len(seen) > 1 else 'none'

print(f'key b"a": {partitions(b"a")}; key b"": {partitions(b"")}; no key: {partitions(None)}')
PY
seen=$(venv/bin/python run.py 2>/dev/null)
echo "$seen"
[ "$seen" = 'key b"a": 1 partition; key b"": several partitions; no key: several partitions' ]
