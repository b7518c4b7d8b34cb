import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D1 D2 D3 an orderly failover of Sentinels loses no event, and no idempotency key runs twice',
    guard: 'nothing runs before the replicas have the record of its attempt',
    file: 'src/publish/idempotency.ts',
    find: 'if (!(await this.#confirm(name, before, bytes))) return undefined;',
    replace: '',
  },
  {
    case: 'D1 D2 D3 the death of the master behind Sentinels loses no event, and no idempotency key runs twice',
    guard: 'channels are subscribed again at the new master',
    file: 'src/adapters/redis/channel-subscriptions.ts',
    find: 'if (this.#wasReady) void this.#resubscribe();',
    replace: '',
  },
];
