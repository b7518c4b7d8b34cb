#!/usr/bin/env bash
# serialize() of @marcbachmann/cel-js 8.0.0 drops parentheses on the right of an operator that is not associative, so the text
# that it prints means something else than the expression that was parsed.
# What Millrace does: it prints expressions of its diagnostics by its own printer, src/binding/cel/print.ts.
#
# Seen with @marcbachmann/cel-js 8.0.0 on Node 20.20:
#   1 - (2 - 3) is 2; printed: 1 - 2 - 3, which is -4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @marcbachmann/cel-js@8.0.0
cat > run.mjs <<'JS'
import { evaluate, parse, serialize } from '@marcbachmann/cel-js';

const source = '1 - (2 - 3)';
const printed = serialize(parse(source).ast);
console.log(`${source} is ${evaluate(source)}; printed: ${printed}, which is ${evaluate(printed)}`);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = '1 - (2 - 3) is 2; printed: 1 - 2 - 3, which is -4' ]
