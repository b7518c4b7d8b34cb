import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D3 D6 a password of Redis that is changed under running processes loses no event',
    guard: 'the file of the password is read again when a connection is made',
    file: 'src/adapters/redis/live-redis.ts',
    find: 'keepLive(this, live);',
    replace: '',
  },
];
