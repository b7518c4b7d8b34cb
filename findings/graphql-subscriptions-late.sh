#!/usr/bin/env bash
# The async iterators of graphql-subscriptions 3.0.0 and graphql-redis-subscriptions 2.7.0 subscribe at the first `next()`, not when they
# are made. So "subscribe, then read the state, then deliver the events after it", which is to close the gap between the two,
# leaves it open: what is published while the state is read is lost.
# What Millrace does: it subscribes with a callback and waits for Redis to say so before it reads a position, src/adapters/redis/.
#
# Seen with graphql-subscriptions 3.0.0, graphql-redis-subscriptions 2.7.0 and ioredis-mock 8.13.1 on Node 20.20:
#   memory: published "while the state is read", "later"; received "later"
#   redis: published "while the state is read", "later"; received "later"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts graphql@16.15.0 graphql-subscriptions@3.0.0 \
  graphql-redis-subscriptions@2.7.0 ioredis@5.11.1 ioredis-mock@8.13.1
cat > run.mjs <<'JS'
import { setImmediate as tick } from 'node:timers/promises';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { PubSub } from 'graphql-subscriptions';
import Redis from 'ioredis-mock';

const redis = new RedisPubSub({ publisher: new Redis(), subscriber: new Redis() });
const settled = async () => {
  for (let i = 0; i < 100; i++) await tick();
};
for (const [name, pubsub] of [['memory', new PubSub()], ['redis', redis]]) {
  const events = pubsub.asyncIterableIterator('orders');
  await settled();
  await pubsub.publish('orders', 'while the state is read');
  await settled();
  const first = events.next();
  await settled();
  await pubsub.publish('orders', 'later');
  const { value } = await first;
  console.log(`${name}: published "while the state is read", "later"; received "${value}"`);
}
process.exit(0);
JS
seen=$(timeout 60 node run.mjs)
echo "$seen"
[ "$seen" = 'memory: published "while the state is read", "later"; received "later"
redis: published "while the state is read", "later"; received "later"' ]
