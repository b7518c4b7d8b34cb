#!/usr/bin/env bash
# The npm package eventsource 4.1.1 does not remember the id of a block that has an `id:` line and no data.
# The HTML Standard (server-sent events, "dispatch the event") sets the last event id before it looks at the data,
# and browsers send it as Last-Event-ID when they reconnect. This package keeps the id of the last event that it dispatched,
# so a server that moves a quiet stream on by `id:` alone finds its clients at the older place.
#
# Seen with eventsource 4.1.1 on Node 20.20:
#   first request: none; after "id: 1 + data" and "id: 2" alone, the second request has: 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund eventsource@4.1.1
cat > run.mjs <<'JS'
import { createServer } from 'node:http';
import { EventSource } from 'eventsource';

const asked = [];
const server = createServer((request, response) => {
  asked.push(request.headers['last-event-id'] ?? 'none');
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (asked.length === 1) response.end('retry: 10\n\nid: 1\ndata: one\n\nid: 2\n\n');
  else {
    console.log(`first request: ${asked[0]}; after "id: 1 + data" and "id: 2" alone, the second request has: ${asked[1]}`);
    process.exit(0);
  }
});
server.listen(0, '127.0.0.1', () => {
  const source = new EventSource(`http://127.0.0.1:${server.address().port}/`);
  source.onmessage = () => undefined;
});
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = 'first request: none; after "id: 1 + data" and "id: 2" alone, the second request has: 1' ]
