#!/usr/bin/env bash
# graphql-ws 6.4.2 connects again after a close with 1000 (Normal Closure) at once, without `retryWait`, and as often as it
# happens, whatever `retryAttempts` says: also with 0. Servers and proxies that end connections after a while close them
# so. Guessed before: that `retryAttempts: 0` means one connection.
# What Millrace does: the gateway never closes with 1000 (docs/protocol.md has its codes), and millrace-client disposes of
# its graphql-ws client before that reads the code, clients/ts/src/web-socket-link.ts.
#
# Seen with graphql-ws 6.4.2 and ws 8.23.0 on Node 20.20, a server that acknowledges 30 connections and closes each:
#   1000 with retryAttempts 0: 30 connections, 0 waits; 1001 with retryAttempts 0: 1 connections, 0 waits
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund graphql-ws@6.4.2 graphql@16.15.0 ws@8.23.0
cat > run.mjs <<'JS'
import { createClient } from 'graphql-ws';
import { WebSocket, WebSocketServer } from 'ws';

const MAX_CONNECTIONS = 30;

async function connectionsAfter(code) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  let [connections, waits] = [0, 0];
  const client = createClient({
    url: `ws://127.0.0.1:${server.address().port}`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    retryWait: async () => {
      waits += 1;
    },
  });
  await new Promise((resolve) => {
    server.on('connection', (socket) => {
      connections += 1;
      socket.on('message', (data) => {
        const { type } = JSON.parse(String(data));
        if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
        else if (connections < MAX_CONNECTIONS) socket.close(code);
        else resolve();
      });
    });
    client.subscribe({ query: 'subscription { n }' }, { next: () => undefined, error: resolve, complete: resolve });
  });
  for (const socket of server.clients) socket.terminate();
  server.close();
  return `${code} with retryAttempts 0: ${connections} connections, ${waits} waits`;
}

console.log([await connectionsAfter(1000), await connectionsAfter(1001)].join('; '));
process.exit(0);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = '1000 with retryAttempts 0: 30 connections, 0 waits; 1001 with retryAttempts 0: 1 connections, 0 waits' ]
