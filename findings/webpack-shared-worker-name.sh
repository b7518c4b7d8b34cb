#!/usr/bin/env bash
# webpack 5.113.0 takes the `name` of a SharedWorker, which tells browsers which workers are one, also as the name of a file:
# a library with `new SharedWorker(new URL('./worker.js', import.meta.url), { name: 'library 1.0.0' })` gives the
# application's folder a file 'library 1.0.0.js', with the space, next to `main.js`.
# What Millrace does: the name has no spaces, clients/ts/src/tabs/shared-worker.ts.
#
# Seen with webpack 5.113.0 on Node 20.20:
#   library 1.0.0.js, main.js
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts webpack@5.113.0
cat > page.mjs <<'JS'
new SharedWorker(new URL('./worker.mjs', import.meta.url), { type: 'module', name: 'library 1.0.0' });
JS
echo 'onconnect = () => undefined;' > worker.mjs
cat > run.mjs <<'JS'
import { readdirSync } from 'node:fs';
import webpack from 'webpack';

webpack({ context: process.cwd(), entry: './page.mjs', mode: 'production' }, (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString('errors-only'));
  console.log(readdirSync('dist').sort().join(', '));
});
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'library 1.0.0.js, main.js' ]
