import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D8 C4 up to a thousand clients that never read use bounded memory, delay no other client and lose nothing',
    guard: 'a subscriber that refuses an event stays before it',
    file: 'src/subscribe/delivery/subscriber.ts',
    find: 'this.fallBehind(event, { offset: offset(event.relayed.offset - 1), fingerprint: 0 });',
    replace: 'this.fallBehind(event, { offset: offset(event.relayed.offset), fingerprint: 0 });',
  },
  {
    case: 'D8 C4 up to a thousand clients that never read use bounded memory, delay no other client and lose nothing',
    guard: 'frames beyond the high-water mark are refused',
    file: 'src/transport/delivery/send-buffer.ts',
    find: 'if (this.#full) return false;',
    replace: '',
  },
];
