#!/usr/bin/env bash
# ajv 8.20.0 takes a BigInt for no number, so limits do not hold for it: `maximum: 5` passes 10n, as it passes a text.
# Parsers that keep large integers of JSON (lossless-json, json-bigint) give BigInts just where a limit matters most; with
# `type: integer` every one of them is refused, the valid ones too.
# What Millrace does: it gives ajv a copy with doubles in place of the BigInts, src/binding/event-types/json-schema.ts.
#
# Seen with ajv 8.20.0 and json-bigint 1.0.0 on Node 20.20:
#   maximum 5: 10 fails, 9007199254740993 passes; type integer: 10 passes, 9007199254740993 fails
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund ajv@8.20.0 json-bigint@1.0.0
cat > run.mjs <<'JS'
import { Ajv2020 } from 'ajv/dist/2020.js';
import jsonBigint from 'json-bigint';

const { parse } = jsonBigint({ useNativeBigInt: true });
const ajv = new Ajv2020({ strictTypes: false });
const says = (schema) => {
  const validate = ajv.compile(schema);
  return ['10', '9007199254740993'].map((text) => `${text} ${validate(parse(text)) ? 'passes' : 'fails'}`).join(', ');
};
console.log(`maximum 5: ${says({ maximum: 5 })}; type integer: ${says({ type: 'integer' })}`);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'maximum 5: 10 fails, 9007199254740993 passes; type integer: 10 passes, 9007199254740993 fails' ]
