#!/usr/bin/env bash
# Records that avsc 5.7.9 decodes have methods (`isValid`, `compare`, `clone`, `toBuffer`, `toString`, `wrap`), and graphql-js 16.15.0 calls what
# it finds under a field's name. So a GraphQL field `isValid` that the record lacks, such as one that the schema got after the
# record was written, is not null but `true`.
# What Millrace does: codecs give JSON, so that no event has methods, src/core/schema-codec.ts.
#
# Seen with avsc 5.7.9 and graphql 16.15.0 on Node 20.20:
#   record: {"id":"a","isValid":true}; with omitRecordMethods: {"id":"a","isValid":null}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund avsc@5.7.9 graphql@16.15.0
cat > run.mjs <<'JS'
import avsc from 'avsc';
import { buildSchema, graphql } from 'graphql';

const schema = buildSchema('type Query { order: Order }  type Order { id: ID  isValid: Boolean }');
const avro = { type: 'record', name: 'Order', fields: [{ name: 'id', type: 'string' }] };
const asked = async (options) => {
  const type = avsc.Type.forSchema(avro, options);
  const order = type.fromBuffer(type.toBuffer({ id: 'a' }));
  const { data } = await graphql({ schema, source: '{ order { id isValid } }', rootValue: { order } });
  return JSON.stringify(data.order);
};
console.log(`record: ${await asked({})}; with omitRecordMethods: ${await asked({ omitRecordMethods: true })}`);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'record: {"id":"a","isValid":true}; with omitRecordMethods: {"id":"a","isValid":null}' ]
