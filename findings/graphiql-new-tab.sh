#!/usr/bin/env bash
# GraphiQL 5 (@graphiql/react 0.39.1) stops a running subscription when one goes to another tab, or clicks the tab it is in.
# When one adds a tab, the subscription goes on, and its results are written into the new tab: as its response, in the store
# too, while the tab it was started in keeps the result it had. `Stop` in the new tab stops the other tab's subscription.
# What Millrace does: runs are kept by tab beside GraphiQL, clients/web/src/playground/run/graphiql-tabs.ts.
#
# Seen with @graphiql/react 0.39.1 on Node 20.20:
#   the tab it was started in has {"data":{"n":1}}, the added one has {"data":{"n":2}}, and it is running
#   after a click on the tab that is shown: unsubscribed
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @graphiql/react@0.39.1 graphql@16.15.0 react@19.3.1 react-dom@19.3.1
cat > run.mjs <<'JS'
import { createStore } from 'zustand';

// The parts of the store that the provider makes, without a page.
const { createEditorSlice } = await import('./node_modules/@graphiql/react/dist/stores/editor.js');
const { createExecutionSlice } = await import('./node_modules/@graphiql/react/dist/stores/execution.js');
const QUERY = 'subscription A { n }';
const editor = (text) => ({ getValue: () => text, setValue: (value) => { text = value; } });
let observer;
let isUnsubscribed = false;
const fetcher = () => ({
  subscribe(given) {
    observer = given;
    return { unsubscribe: () => { isUnsubscribed = true; } };
  },
});
const store = createStore((...args) => {
  const tabs = [{ id: 'a', hash: '', title: 'A', operationName: 'A', query: QUERY, variables: null, headers: null, response: null }];
  const editors = createEditorSlice({ tabs, activeTabIndex: 0, shouldPersistHeaders: false, externalFragments: new Map() })(...args);
  const execution = createExecutionSlice({ fetcher, overrideOperationName: null })(...args);
  const storage = { get: () => null, set: () => undefined };
  return { storage, schema: null, ...editors, ...execution, actions: { ...editors.actions, ...execution.actions } };
});
const { actions } = store.getState();
actions.setEditor({ queryEditor: editor(QUERY), variableEditor: editor(''), headerEditor: editor(''), responseEditor: editor('') });
await actions.run();
observer.next({ data: { n: 1 } });
actions.addTab();
observer.next({ data: { n: 2 } });
const { tabs, subscription } = store.getState();
const [first, added] = tabs.map(({ response }) => JSON.stringify(JSON.parse(response)));
console.log(`the tab it was started in has ${first}, the added one has ${added}, and it is ${subscription === null || isUnsubscribed ? 'stopped' : 'running'}`);
actions.changeTab(1);
console.log(`after a click on the tab that is shown: ${isUnsubscribed ? 'unsubscribed' : 'running'}`);
process.exit();
JS
seen=$(node --no-warnings run.mjs)
echo "$seen"
[ "$seen" = 'the tab it was started in has {"data":{"n":1}}, the added one has {"data":{"n":2}}, and it is running
after a click on the tab that is shown: unsubscribed' ]
