#!/usr/bin/env bash
# @kafkajs/confluent-schema-registry 3.9.0 does not know the message index of Protobuf in Confluent's wire format: after the id of the
# schema comes which of the file's messages follows (00 for the first, 02 02 for the second). It writes none, so Confluent's clients
# take the message's first bytes for it. It reads none: a second message of Confluent's clients is an empty object, with no error.
# What it means for Millrace: docs/topics.md says that values of such producers become dead letters.
#
# Seen with @kafkajs/confluent-schema-registry 3.9.0 on Node 20.20, for a schema with First { string a = 1 } and Second { int32 b = 1 }:
#   First {"a":"x"} written: 00 00000007 0a0178, without 00; Second {"b":5} read from 00 00000007 0202 0805: {}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @kafkajs/confluent-schema-registry@3.9.0
cat > run.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import confluent from '@kafkajs/confluent-schema-registry';

const schema = 'syntax = "proto3"; message First { string a = 1; } message Second { int32 b = 1; }';
// What a registry answers to GET /schemas/ids/7.
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/vnd.schemaregistry.v1+json');
  response.end(JSON.stringify({ schema, schemaType: 'PROTOBUF' }));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const registry = new confluent.SchemaRegistry({ host: `http://127.0.0.1:${server.address().port}` });
const written = (await registry.encode(7, { a: 'x' })).toString('hex');
const read = await registry.decode(Buffer.from('0000000007' + '0202' + '0805', 'hex'));
console.log(
  `First {"a":"x"} written: 00 ${written.slice(2, 10)} ${written.slice(10)}, without 00; ` +
    `Second {"b":5} read from 00 00000007 0202 0805: ${JSON.stringify(read)}`,
);
process.exit(0);
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = 'First {"a":"x"} written: 00 00000007 0a0178, without 00; Second {"b":5} read from 00 00000007 0202 0805: {}' ]
