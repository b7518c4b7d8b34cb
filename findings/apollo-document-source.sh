#!/usr/bin/env bash
# The document that a link of Apollo Client gets has `loc`, but its source is the text that the user wrote, not the text of this
# document: Apollo has added `__typename` to the nodes, and left `loc` as it was. A link that sends `loc.source.body`, to save
# the printing, sends an operation without `__typename`, and the cache does not normalise its results.
# What it means for Millrace: `millrace-client/apollo` prints the document. The client itself takes the source, so a document
# that was changed has to be given to it as text.
#
# Seen with @apollo/client 4.3.8 on Node 20.20: the source lacks __typename, the printed document has it
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @apollo/client@4.3.8 graphql@16.15.0 rxjs@7.8.2
cat > run.mjs <<'JS'
import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client';
import { print } from 'graphql';
import { EMPTY } from 'rxjs';

const link = new ApolloLink(({ query }) => {
  console.log(`source: ${query.loc.source.body.includes('__typename')}, printed: ${print(query).includes('__typename')}`);
  return EMPTY;
});
const client = new ApolloClient({ link, cache: new InMemoryCache() });
client.subscribe({ query: gql`subscription { order { id } }` }).subscribe();
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = 'source: false, printed: true' ]
