#!/usr/bin/env bash
# The client of graphql-sse 2.6.1 ends a subscription with an error at an event whose name it does not know. An EventSource passes over
# events that nobody listens to, and so a server that adds one, say as a sign of life, is safe with browsers. Comments
# and blocks without `event:` and data are passed over by both.
# What Millrace does: its signs of life are comments, and it sends no names but `next` and `complete`, src/transport/sse/.
#
# Seen with graphql-sse 2.6.1 and graphql 16.15.0 on Node 20.20:
#   after a comment: {"data":{"a":1}}; after "event: alive": error Invalid stream event "alive"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund graphql-sse@2.6.1 graphql@16.15.0
cat > run.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createClient } from 'graphql-sse';

const NEXT = 'event: next\ndata: {"data":{"a":1}}\n\nevent: complete\ndata:\n\n';
async function first(sign) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${sign}\n\n${NEXT}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createClient({ url: `http://127.0.0.1:${server.address().port}/`, retryAttempts: 0 });
  return new Promise((resolve) => {
    client.subscribe(
      { query: 'subscription { a }' },
      {
        next: (result) => resolve(JSON.stringify(result)),
        error: ({ message }) => resolve(`error ${message}`),
        complete: () => resolve('nothing'),
      },
    );
  });
}
console.log(`after a comment: ${await first(': alive')}; after "event: alive": ${await first('event: alive\ndata: {}')}`);
process.exit(0);
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = 'after a comment: {"data":{"a":1}}; after "event: alive": error Invalid stream event "alive"' ]
