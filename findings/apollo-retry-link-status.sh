#!/usr/bin/env bash
# Apollo Client 4.3.8: RetryLink does not retry after a status of 503 when the body is `application/graphql-response+json`, the
# type that GraphQL over HTTP recommends and that HttpLink itself prefers: HttpLink then passes the errors on as a result, and
# RetryLink retries network errors and errors of the multipart protocol only. With `application/json` the same answer is retried.
# What Millrace does: a subscription over multipart that is refused for now gets a stream of status 200 with an error of the
# protocol, src/transport/http/graphql-endpoint.ts (`refusalFormat`).
#
# Seen with @apollo/client 4.3.8 on Node 20.20, requests until the end with at most 3 attempts:
#   application/json 3, application/graphql-response+json 1, multipart/mixed 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @apollo/client@4.3.8 graphql@16.15.0 rxjs@7.8.2
cat > run.mjs <<'JS'
import { createServer } from 'node:http';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { RetryLink } from '@apollo/client/link/retry';

const errors = [{ message: 'later' }];
const part = `\r\n--graphql\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ payload: null, errors })}\r\n--graphql--\r\n`;
const answers = {
  'application/json': [503, JSON.stringify({ errors })],
  'application/graphql-response+json': [503, JSON.stringify({ errors })],
  'multipart/mixed;boundary="graphql";subscriptionSpec=1.0': [200, part],
};
const seen = [];
for (const [type, [status, body]] of Object.entries(answers)) {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const retry = new RetryLink({ delay: { initial: 1, jitter: false }, attempts: { max: 3 } });
  const link = ApolloLink.from([retry, new HttpLink({ uri: `http://127.0.0.1:${server.address().port}` })]);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  await new Promise((resolve) => {
    client.subscribe({ query: gql`subscription { n }` }).subscribe({ next: resolve, error: resolve });
  });
  seen.push(`${type.split(';')[0]} ${requests}`);
  server.closeAllConnections();
  server.close();
}
console.log(seen.join(', '));
JS
seen=$(NODE_ENV=production node run.mjs)
echo "$seen"
[ "$seen" = 'application/json 3, application/graphql-response+json 1, multipart/mixed 3' ]
