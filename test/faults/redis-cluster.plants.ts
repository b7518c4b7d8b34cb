import type { Edit, Plant } from './support/plant.js';

const FOLLOW_SLOTS: Edit = {
  file: 'src/adapters/redis/sharded-subscriptions.ts',
  find: 'if (channel.node !== undefined && owner !== undefined && owner !== channel.node.address)',
  replace: 'if (false)',
};

export const plants: readonly Plant[] = [
  {
    case: 'D1 D2 D3 killing a master of a Redis Cluster loses no event, and no idempotency key runs twice',
    guard: 'channels are subscribed again at the master that has taken over',
    file: 'src/adapters/redis/sharded-subscriptions.ts',
    find: 'if (channel.node === node) this.#move(channel);',
    replace: '{}',
    also: [FOLLOW_SLOTS],
  },
  {
    case: 'D1 D2 D3 moving slots of a Redis Cluster loses no event, and no idempotency key runs twice',
    guard: 'a channel that a master has ended is subscribed at the one that has its slot',
    file: 'src/adapters/redis/sharded-subscriptions.ts',
    find: 'if (isUnexpectedReply(error)) redis.disconnect();',
    replace: '',
    also: [FOLLOW_SLOTS],
  },
];
