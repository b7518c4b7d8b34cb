#!/usr/bin/env bash
# A `tracestate` may have 32 members, newest first, and a system that adds its own puts it first and drops the last, the oldest
# (W3C Trace Context, section 3.5). The TraceState of @opentelemetry/api 1.10.0 refuses the new member instead, without a
# word: `set` returns the list as it was. And of a list with one member too many it keeps the right 32, but in reverse order, so
# that the next system drops the newest.
# What Millrace does: it counts members before it asks for their syntax, src/core/trace.ts.
#
# Seen with @opentelemetry/api 1.10.0 on Node 20.20:
#   31 members and a new one: new,k0,…,k30
#   32 members and a new one: k0,k1,…,k31
#   33 members parsed: k31,k30,…,k0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @opentelemetry/api@1.10.0
cat > run.mjs <<'JS'
import { createTraceState } from '@opentelemetry/api';

const members = (count) => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',');
const shown = (state) => {
  const keys = state.serialize().split(',').map((member) => member.split('=')[0]);
  return `${keys[0]},${keys[1]},…,${keys.at(-1)}`;
};
console.log(`31 members and a new one: ${shown(createTraceState(members(31)).set('new', 'v'))}`);
console.log(`32 members and a new one: ${shown(createTraceState(members(32)).set('new', 'v'))}`);
console.log(`33 members parsed: ${shown(createTraceState(members(33)))}`);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = '31 members and a new one: new,k0,…,k30
32 members and a new one: k0,k1,…,k31
33 members parsed: k31,k30,…,k0' ]
