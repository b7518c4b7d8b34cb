#!/usr/bin/env bash
# graphql-scalars 2.0.0: one field of its scalar BigInt is a number in one result and text in the next. Up to 2^53 a value is a JSON
# number, beyond it JSON text, so clients that are tested with small ids meet another type in production. Its DateTime drops
# what is smaller than a millisecond: an RFC 3339 text that a resolver returns becomes a Date.
# What Millrace does: its own scalars, src/binding/sdl/scalars.ts. Integers are numbers with all their digits, texts stay as they are.
#
# Seen with graphql-scalars 2.0.0 and graphql 16.11.0 on Node 20.20:
#   {"small":9007199254740991,"large":"9007199254740993","at":"2026-01-31T09:30:00.123Z"}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund graphql-scalars@2.0.0 graphql@16.11.0
cat > run.mjs <<'JS'
import { GraphQLObjectType, GraphQLSchema, graphql } from 'graphql';
import { GraphQLBigInt, GraphQLDateTime } from 'graphql-scalars';

const fields = {
  small: { type: GraphQLBigInt, resolve: () => 9007199254740991n },
  large: { type: GraphQLBigInt, resolve: () => 9007199254740993n },
  at: { type: GraphQLDateTime, resolve: () => '2026-01-31T09:30:00.123456Z' },
};
const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) });
const { data } = await graphql({ schema, source: '{ small large at }' });
console.log(JSON.stringify(data));
JS
seen=$(node run.mjs 2> /dev/null)
echo "$seen"
[ "$seen" = '{"small":9007199254740991,"large":"9007199254740993","at":"2026-01-31T09:30:00.123Z"}' ]
