#!/usr/bin/env bash
# @microsoft/fetch-event-source 2.0.1 calls `onmessage` for a block of an event stream without data, such as the comment that a
# server sends to keep a connection alive, or a `retry:`. The HTML Standard dispatches nothing then ("If the data buffer is an
# empty string, set … and return"), and browsers do so; a handler that parses `event.data` as JSON fails at the first silence.
# What it means for Millrace: quiet streams get a comment every 12 seconds; docs/protocol.md tells handlers to pass over it.
#
# Seen with @microsoft/fetch-event-source 2.0.1 on Node 20.20:
#   a comment: message with data ""; "data: one": message with data "one"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @microsoft/fetch-event-source@2.0.1
cat > run.mjs <<'JS'
import { createServer } from 'node:http';
import { fetchEventSource } from '@microsoft/fetch-event-source';

// What the package uses of a browser besides fetch.
globalThis.window = { setTimeout, clearTimeout };
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(': still here\n\ndata: one\n\n');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const seen = [];
await fetchEventSource(`http://127.0.0.1:${server.address().port}/`, {
  fetch,
  openWhenHidden: true,
  onmessage: ({ data }) => seen.push(`message with data ${JSON.stringify(data)}`),
});
console.log(`a comment: ${seen[0]}; "data: one": ${seen[1] ?? 'nothing'}`);
process.exit(0);
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = 'a comment: message with data ""; "data: one": message with data "one"' ]
