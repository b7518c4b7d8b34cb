#!/usr/bin/env bash
# pino's serializer of errors copies every enumerable property of an error into the log line, and ioredis hangs the command with
# all of its arguments on each error reply. So a log line about a failed write has all of the data that was to be written.
# What Millrace does: its log shows class, code, message and stack of an error and nothing else, src/observe/logged-error.ts.
#
# Seen with pino 10.4.0 and ioredis 5.11.1 on Node 20.20, and a server that answers every command with an error:
#   the log line has: "command":{"name":"set","args":["key","secret"]}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund pino@10.4.0 ioredis@5.11.1
cat > run.mjs <<'JS'
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { pino } from 'pino';

const server = createServer((socket) => socket.on('data', () => socket.write('-ERR refused\r\n')));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const redis = new Redis({ host: '127.0.0.1', port: server.address().port, enableReadyCheck: false, disableClientInfo: true });
let line = '';
const log = pino({}, { write: (text) => (line += text) });
await redis.set('key', 'secret').catch((err) => log.error({ err }, 'failed'));
console.log(`the log line has: ${/"command":\{[^}]*\}/.exec(line)?.[0]}`);
process.exit(0);
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = 'the log line has: "command":{"name":"set","args":["key","secret"]}' ]
