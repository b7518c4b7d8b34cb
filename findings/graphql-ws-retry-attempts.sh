#!/usr/bin/env bash
# The client of graphql-ws 6.4.2 starts to count its retries again after each acknowledged connection. So a server that accepts
# the connection and closes it when it sees the subscription, with a code that the client retries, is asked for ever:
# `retryAttempts: 2` ends nothing, and the wait between attempts, which doubles with that count, stays at its first step.
# What it means for Millrace: a client that never reads is closed with 1013 and comes back for ever (docs/protocol.md).
#
# Seen with graphql-ws 6.4.2 and ws 8.23.0 on Node 20.20, retryAttempts 2 and a close code 1012:
#   closed before the acknowledgement: 3 connections, then an error; after it: 30 connections, waits of retry 0 only, no error
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund graphql-ws@6.4.2 graphql@16.15.0 ws@8.23.0
cat > run.mjs <<'JS'
import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { WebSocket, WebSocketServer } from 'ws';

const ENOUGH = 30;

/** A client of a server that closes each connection; ended at `ENOUGH` connections. */
async function tried(acknowledges) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'graphql-transport-ws' });
  await once(server, 'listening');
  let connections = 0;
  const waits = new Set();
  return new Promise((resolve) => {
    server.on('connection', (socket) => {
      connections += 1;
      if (connections === ENOUGH) resolve(`${ENOUGH} connections, waits of retry ${[...waits]} only, no error`);
      socket.on('message', (message) => {
        if (acknowledges && JSON.parse(message).type === 'connection_init') socket.send('{"type":"connection_ack"}');
        else socket.close(1012);
      });
    });
    const client = createClient({
      url: `ws://127.0.0.1:${server.address().port}`,
      webSocketImpl: WebSocket,
      retryAttempts: 2,
      retryWait: async (retries) => void waits.add(retries),
    });
    const error = () => resolve(`${connections} connections, then an error`);
    client.subscribe({ query: 'subscription { a }' }, { next: () => undefined, error, complete: () => undefined });
  });
}

console.log(`closed before the acknowledgement: ${await tried(false)}; after it: ${await tried(true)}`);
process.exit(0);
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = 'closed before the acknowledgement: 3 connections, then an error; after it: 30 connections, waits of retry 0 only, no error' ]
