#!/usr/bin/env bash
# When the server completes a subscription, urql's `subscriptionExchange` passes its last result on once more, with
# `hasNext: false`. A reducer of `useSubscription`, and whatever adds results up, counts the last event twice.
# What it means for Millrace: `millrace-client/urql` is an exchange of its own, which ends a subscription with a teardown.
#
# Seen with @urql/core 6.0.3 on Node 20.20: two results and `complete` are shown as 1, 2, 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @urql/core@6.0.3 graphql@16.15.0
cat > run.mjs <<'JS'
import { Client, subscriptionExchange } from '@urql/core';

const forwardSubscription = () => ({
  subscribe(sink) {
    sink.next({ data: { n: 1 } });
    sink.next({ data: { n: 2 } });
    sink.complete();
    return { unsubscribe: () => undefined };
  },
});
const client = new Client({ url: '/', exchanges: [subscriptionExchange({ forwardSubscription })], preferGetMethod: false });
const shown = [];
client.subscription('subscription { n }', {}).subscribe(({ data, hasNext }) => shown.push(`${data.n}${hasNext ? '' : ' (last)'}`));
setTimeout(() => console.log(shown.join(', ')), 100);
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = '1, 2, 2 (last)' ]
