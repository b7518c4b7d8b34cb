#!/usr/bin/env bash
# graphql-js 16.15.0 accepts a schema whose directive is given an input object with a field that its type does not have, and
# `getDirectiveValues` leaves that field out: a typo in a directive counts as absent. In a request, the same typo is an error.
# What Millrace does: it looks for such fields itself, src/binding/directives/directive-values.ts.
#
# Seen with graphql 16.15.0 on Node 20.20:
#   the schema is accepted with {"limit":{}}; the request: Field "mots" is not defined by type "Limit". Did you mean "most"?
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund graphql@16.15.0
cat > run.mjs <<'JS'
import { buildSchema, getDirectiveValues, parse, validate, validateSchema } from 'graphql';

const schema = buildSchema(`
  directive @bound(limit: Limit) on FIELD_DEFINITION
  input Limit { most: Int }
  type Query { a(limit: Limit): Int @bound(limit: { mots: 3 }) }`);
const errors = validateSchema(schema);
const values = getDirectiveValues(schema.getDirective('bound'), schema.getQueryType().getFields().a.astNode);
const [error] = validate(schema, parse('{ a(limit: { mots: 3 }) }'));
console.log(`the schema is ${errors.length === 0 ? 'accepted' : 'refused'} with ${JSON.stringify(values)}; the request: ${error?.message}`);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'the schema is accepted with {"limit":{}}; the request: Field "mots" is not defined by type "Limit". Did you mean "most"?' ]
