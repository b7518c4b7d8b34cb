#!/usr/bin/env bash
# kafkajs 2.2.4 splits a bootstrap server at its first colon, so the usual notation of an IPv6 address is
# accepted and then looked up as the host name "[". Java's client, librdkafka, sarama and franz-go take `[::1]:9092`.
# What Millrace does: it hands such an address to kafkajs under a host name, and connects to the address itself.
#
# Seen with kafkajs 2.2.4 on Node 20.20:
#   host "[" port 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > run.mjs <<'JS'
import { connect } from 'node:net';
import kafkajs from 'kafkajs';

let asked;
const kafka = new kafkajs.Kafka({
  brokers: ['[::1]:9092'],
  logLevel: kafkajs.logLevel.NOTHING,
  retry: { retries: 0 },
  // Shows what kafkajs would connect to, and ends the attempt.
  socketFactory: ({ host, port }) => {
    asked ??= `host "${host}" port ${port}`;
    const socket = connect({ host: '127.0.0.1', port: 1 });
    return socket;
  },
});
await kafka.admin().connect().catch(() => undefined);
console.log(asked);
process.exit(0);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'host "[" port 0' ]
