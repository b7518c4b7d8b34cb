#!/usr/bin/env bash
# GraphiQL 5 (@graphiql/react 0.39.1) means to store its tabs half a second after the last change, but makes a new debounced
# function for each change, so nothing is ever held back: each result of a subscription writes all tabs to localStorage, half
# a second later.
# What Millrace does: GraphiQL gets the newest result at most every 50 ms, clients/web/src/playground/run/run.ts.
#
# Seen with @graphiql/react 0.39.1 on Node 20.20:
#   1000 results within one turn, 1000 writes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @graphiql/react@0.39.1 graphql@16.15.0 react@19.3.1 react-dom@19.3.1
cat > run.mjs <<'JS'
import { createStore } from 'zustand';

const { createEditorSlice } = await import('./node_modules/@graphiql/react/dist/stores/editor.js');
const RESULTS = 1_000;
let writes = 0;
const tab = { id: 'a', hash: '', title: 'A', operationName: 'A', query: '{ n }', variables: null, headers: null, response: null };
const initial = { tabs: [tab], activeTabIndex: 0, shouldPersistHeaders: false, externalFragments: new Map() };
const storage = { get: () => null, set: () => { writes += 1; } };
const store = createStore((...args) => ({ storage, ...createEditorSlice(initial)(...args) }));
// What GraphiQL does with each result.
for (let n = 0; n < RESULTS; n++) store.getState().actions.updateActiveTabValues({ response: String(n) });
await new Promise((resolve) => setTimeout(resolve, 2_000));
console.log(`${RESULTS} results within one turn, ${writes} writes`);
process.exit();
JS
seen=$(node --no-warnings run.mjs)
echo "$seen"
[ "$seen" = '1000 results within one turn, 1000 writes' ]
