#!/usr/bin/env bash
# A result whose data is null ends a subscription of Relay, though GraphQL lets further results follow: Relay makes an error of
# it, calls `onError` and unsubscribes. Later events are not asked for.
# What it means for Millrace: a tombstone of a field whose type is not nullable has null as its data. Subscribe again in
# `onError`: the position is after it (docs/clients.md).
#
# Seen with relay-runtime 21.0.1 on Node 20.20: of 1, null, 3 it shows 1, then the error, and unsubscribes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund relay-runtime@21.0.1
cat > run.mjs <<'JS'
import { Environment, Network, Observable, RecordSource, requestSubscription, Store } from 'relay-runtime';

const selections = [{ kind: 'ScalarField', name: 'n', alias: null, storageKey: null, args: null }];
const subscription = {
  kind: 'Request',
  fragment: { kind: 'Fragment', name: 'N', type: 'Subscription', metadata: null, argumentDefinitions: [], selections },
  operation: { kind: 'Operation', name: 'N', argumentDefinitions: [], selections },
  params: { cacheID: 'n', id: null, text: 'subscription N { n }', name: 'N', operationKind: 'subscription', metadata: {} },
};
const shown = [];
const subscribe = () =>
  Observable.create((sink) => {
    sink.next({ data: { n: 1 } });
    sink.next({ data: null, errors: [{ message: 'gone' }] });
    sink.next({ data: { n: 3 } });
    return () => shown.push('unsubscribed');
  });
const network = Network.create(() => Promise.reject(new Error('no queries')), subscribe);
requestSubscription(new Environment({ network, store: new Store(new RecordSource()) }), {
  subscription,
  variables: {},
  onNext: ({ n }) => shown.push(n),
  onError: ({ message }) => shown.push(message.split(',')[0]),
});
console.log(shown.join('; '));
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = '1; No data returned for operation `N`; unsubscribed' ]
