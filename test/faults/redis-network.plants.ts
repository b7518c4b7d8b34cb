import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'cut again and again',
    guard: 'after a reconnect every channel is subscribed again',
    file: 'src/adapters/redis/subscriptions.ts',
    find: 'if (this.#wasReady) void this.#resubscribe();',
    replace: '',
  },
  {
    case: 'cut again and again',
    guard: 'a message that does not follow what the node has shows a gap',
    file: 'src/core/chain.ts',
    find: 'if (heard.prev <= link.at) {',
    replace: 'if (heard.prev >= -1) {',
  },
];
