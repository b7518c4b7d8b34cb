import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'up to a thousand of them beside fast ones',
    guard: 'what comes above the high-water mark is not taken',
    file: 'src/transport/outbox.ts',
    find: 'if (this.#full) return false;',
    replace: '',
  },
];
