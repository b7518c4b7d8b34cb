import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'up to a thousand of them beside fast ones',
    guard: 'one who does not take an event stands before it',
    file: 'src/subscribe/delivery/subscriber.ts',
    find: 'this.fallBehind(event, { offset: offset(event.relayed.offset - 1), fingerprint: 0 });',
    replace: 'this.fallBehind(event, { offset: offset(event.relayed.offset), fingerprint: 0 });',
  },
  {
    case: 'up to a thousand of them beside fast ones',
    guard: 'what comes above the high-water mark is not taken',
    file: 'src/transport/delivery/send-buffer.ts',
    find: 'if (this.#full) return false;',
    replace: '',
  },
];
