import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D2 D3 a foreign producer starts while subscriptions to keys run, and the relay is killed under it: each gets each event once',
    guard: 'a relay checks that each record lies where its key belongs',
    file: 'src/placement/placement-check.ts',
    find: 'if (checked === undefined || checked.layout.partitions === 1) return undefined;',
    replace: 'if (checked === undefined || checked.layout.partitions >= 1) return undefined;',
  },
];
