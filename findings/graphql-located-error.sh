#!/usr/bin/env bash
# graphql-js 16.15.0 and 17.1.0 take an error with a `path` for one that they have located themselves. When a resolver throws on
# what a query of another schema gave it, or another server, the answer has the path and the positions in the other document, and
# none of the field that failed: clients that go by `path` null the wrong field.
# What Millrace does: it locates such errors at the resolver's field, src/binding/runtime/project-error.ts.
#
# Seen with graphql 16.15.0 and 17.1.0 on Node 20.20:
#   16.15.0: field "price" failed; path ["remote","list",0], at 1:12
#   17.1.0: field "price" failed; path ["remote","list",0], at 1:12
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund graphql16@npm:graphql@16.15.0 graphql17@npm:graphql@17.1.0
cat > run.mjs <<'JS'
import * as v16 from 'graphql16';
import * as v17 from 'graphql17';

for (const { buildSchema, graphql, version } of [v16, v17]) {
  const other = buildSchema('type Query { remote: Remote }  type Remote { list: [Int] }');
  const list = () => [new Error('out of stock')];
  const schema = buildSchema('type Query { price: Int }');
  const price = async () => {
    const { errors } = await graphql({ schema: other, source: '{ remote { list } }', rootValue: { remote: { list } } });
    throw errors[0];
  };
  const { data, errors } = await graphql({ schema, source: '\n\n{ price }', rootValue: { price } });
  const [{ path, locations }] = errors;
  const failed = Object.keys(data).find((field) => data[field] === null);
  const at = locations.map(({ line, column }) => `${line}:${column}`).join();
  console.log(`${version}: field "${failed}" failed; path ${JSON.stringify(path)}, at ${at}`);
}
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = '16.15.0: field "price" failed; path ["remote","list",0], at 1:12
17.1.0: field "price" failed; path ["remote","list",0], at 1:12' ]
