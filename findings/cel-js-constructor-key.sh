#!/usr/bin/env bash
# A map literal of @marcbachmann/cel-js 8.0.0 loses the keys `constructor`, `prototype` and `__proto__` without a word. They are
# strings like any other in CEL; cel-go and @bufbuild/cel keep them. Keys that an object inherits in JavaScript otherwise,
# such as `toString`, are kept.
# What Millrace does: it makes map literals itself, src/binding/cel/environment.ts.
#
# Seen with @marcbachmann/cel-js 8.0.0 on Node 20.20:
#   size({"constructor": 1}) is 0; size({"toString": 1}) is 1; "prototype" in {"prototype": 1} is false
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @marcbachmann/cel-js@8.0.0
cat > run.mjs <<'JS'
import { evaluate } from '@marcbachmann/cel-js';

const sources = ['size({"constructor": 1})', 'size({"toString": 1})', '"prototype" in {"prototype": 1}'];
console.log(sources.map((source) => `${source} is ${evaluate(source)}`).join('; '));
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'size({"constructor": 1}) is 0; size({"toString": 1}) is 1; "prototype" in {"prototype": 1} is false' ]
