#!/usr/bin/env bash
# urql's `subscriptionExchange` merges each result into the one before it. So the error of one result stays on all later ones,
# which have none, and a result whose data is null shows the data of the event before it.
# What it means for Millrace: `millrace-client/urql` is an exchange of its own, which makes each result by itself. Those who use
# `subscriptionExchange` with `millrace-client/resuming` must not take `error` for that of the newest event.
#
# Seen with @urql/core 6.0.3 on Node 20.20: the third of four results has no error, and is shown with that of the second; the
# fourth has data null, and is shown with the data of the third
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @urql/core@6.0.3 graphql@16.15.0
cat > run.mjs <<'JS'
import { Client, subscriptionExchange } from '@urql/core';

const RESULTS = [
  { data: { n: 1 } },
  { data: { n: 2 }, errors: [{ message: 'oops' }] },
  { data: { n: 3 } },
  { data: null, errors: [{ message: 'gone' }] },
];
const forwardSubscription = () => ({
  subscribe(sink) {
    for (const result of RESULTS) sink.next(result);
    return { unsubscribe: () => undefined };
  },
});
const client = new Client({ url: '/', exchanges: [subscriptionExchange({ forwardSubscription })], preferGetMethod: false });
const shown = [];
const show = ({ data, error }) => shown.push(`${data?.n}: ${error?.graphQLErrors.map(({ message }) => message) ?? 'none'}`);
client.subscription('subscription { n }', {}).subscribe(show);
setTimeout(() => console.log(shown.join('; ')), 100);
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = '1: none; 2: oops; 3: oops; 3: gone' ]
