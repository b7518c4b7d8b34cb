import type { Plant } from './support/plant.js';

const AT_THE_PROGRESS = {
  guard: 'a relay goes on where the progress of the fan-out stands, not at the end of the log',
  file: 'src/relay/partition-relay.ts',
  find: 'this.#passed = claim.passed;',
  replace: 'this.#passed = offset(bounds.end - 1);',
};
const FENCING = {
  guard: 'the script refuses a claim that no longer holds',
  file: 'src/adapters/redis/scripts.ts',
  find: 'if meta[1] ~= ARGV[1] or not meta[2] then',
  replace: 'if not meta[2] then',
};

export const plants: readonly Plant[] = [
  { case: 'killed before its script', ...AT_THE_PROGRESS },
  { case: 'killed while its script is under way', ...FENCING },
  {
    case: 'killed after its script',
    guard: 'the progress moves in the same step as the events are written',
    file: 'src/relay/partition-relay.ts',
    find: 'this.#passed = claim.passed;',
    replace: 'this.#passed = offset(Math.max(-1, claim.passed - 20));',
  },
  { case: 'stopped for longer than its session', ...FENCING },
  { case: 'a storm of rebalances', ...AT_THE_PROGRESS },
  {
    case: 'the answers of its script are lost',
    guard: 'the script passes over what it has written before',
    file: 'src/adapters/redis/scripts.ts',
    find: 'local new = number > passed',
    replace: 'local new = true',
  },
];
