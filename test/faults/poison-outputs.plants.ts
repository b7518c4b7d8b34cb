import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D1 D10 the input of an output that can never be committed becomes one dead letter although the service is killed, and all other inputs count once',
    guard: 'an input that fails for good is set aside after its attempts',
    file: 'src/services/service-runner.ts',
    find: 'if (maxAttempts === 0 || attempts < maxAttempts) throw failure;',
    replace: 'if (maxAttempts >= 0) throw failure;',
  },
];
