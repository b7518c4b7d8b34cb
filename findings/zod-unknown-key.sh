#!/usr/bin/env bash
# zod 4: an object with a member of z.unknown() (or z.any()) refuses an object without that member, although `undefined` is a
# value of it, and although zod 3 accepts it. JSON.stringify leaves out members that are undefined, so a message that was
# valid before it was sent is refused where it arrives. The inferred type has the member as required, so nothing warns.
# What Millrace does: `z.unknown().optional()` in the messages of nodes, src/ports/carried-node-registry.ts.
#
# Seen with zod 4.6.7 on Node 20.20:
#   zod 4: before JSON true, after JSON false, optional true
#   zod 3: before JSON true, after JSON true, optional true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts zod@4.6.7
cat > run.mjs <<'JS'
import { z as z4 } from 'zod';
import { z as z3 } from 'zod/v3';

const message = { kind: 'answer', answer: undefined };
for (const [name, z] of [['zod 4', z4], ['zod 3', z3]]) {
  const plain = z.object({ kind: z.string(), answer: z.unknown() });
  const optional = z.object({ kind: z.string(), answer: z.unknown().optional() });
  const received = JSON.parse(JSON.stringify(message));
  const [before, after] = [plain.safeParse(message).success, plain.safeParse(received).success];
  console.log(`${name}: before JSON ${before}, after JSON ${after}, optional ${optional.safeParse(received).success}`);
}
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'zod 4: before JSON true, after JSON false, optional true
zod 3: before JSON true, after JSON true, optional true' ]
