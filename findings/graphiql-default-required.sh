#!/usr/bin/env bash
# GraphiQL 5 marks the variables of an operation as incomplete although graphql-js takes them: the JSON schema that
# graphql-language-service 5.7.0 makes for the variable editor requires each non-null field of an input type, and each non-null
# variable, also those with a default value. By the specification (sections 3.10 and 6.1.2) a default makes both optional.
# What Millrace does: nothing is refused; the examples of the shop give fields with a default too (src/shop/examples.ts).
#
# Seen with graphql-language-service 5.7.0 and graphql 16.15.0 on Node 20.20:
#   By requires name,limit; the operation requires by,first
#   graphql-js takes {"by":{"name":"a","limit":10},"first":3}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts graphql-language-service@5.7.0 graphql@16.15.0
cat > run.cjs <<'JS'
const { collectVariables, getVariablesJSONSchema } = require('graphql-language-service');
const { buildSchema, getVariableValues, parse } = require('graphql');
const schema = buildSchema('type Query { find(by: By!, first: Int!): Int } input By { name: String!, limit: Int! = 10 }');
const document = parse('query ($by: By!, $first: Int! = 3) { find(by: $by, first: $first) }');
const { required, definitions } = getVariablesJSONSchema(collectVariables(schema, document));
console.log(`By requires ${definitions.By.required}; the operation requires ${required}`);
const { coerced, errors } = getVariableValues(schema, document.definitions[0].variableDefinitions, { by: { name: 'a' } });
console.log(errors ? `graphql-js refuses: ${errors[0].message}` : `graphql-js takes ${JSON.stringify(coerced)}`);
JS
seen=$(node run.cjs)
echo "$seen"
[ "$seen" = 'By requires name,limit; the operation requires by,first
graphql-js takes {"by":{"name":"a","limit":10},"first":3}' ]
