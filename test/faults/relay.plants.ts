import type { Plant } from './support/plant.js';

const RESUME_AT_PROGRESS = {
  guard: 'a relay continues at the progress in the fan-out, not at the end of the log',
  file: 'src/relay/partition-relay.ts',
  find: 'this.#progress = resumed;',
  replace: 'this.#progress = offset(bounds.end - 1);',
};
const FENCING = {
  guard: 'the script refuses an outdated claim',
  file: 'src/adapters/redis/scripts.ts',
  find: 'if meta[1] ~= ARGV[1] or not meta[2] then',
  replace: 'if not meta[2] then',
};

export const plants: readonly Plant[] = [
  {
    case: 'D2 D3 a relay killed before its script reaches Redis is followed by one that continues where the window ends',
    ...RESUME_AT_PROGRESS,
  },
  {
    case: 'D3 D9 the script of a killed relay is fenced when it arrives after another relay has claimed the partition',
    ...FENCING,
  },
  {
    case: 'D3 a relay killed after its script, before it committed, is followed by one that repeats nothing',
    guard: 'the progress moves in the same step as the events are written',
    file: 'src/relay/partition-relay.ts',
    find: 'this.#progress = resumed;',
    replace: 'this.#progress = offset(Math.max(-1, resumed - 20));',
  },
  { case: 'D3 D9 a relay frozen for longer than its session is fenced when it continues', ...FENCING },
  {
    case: 'D2 D3 D9 a storm of rebalances, in which relays join, leave and die, loses and duplicates nothing',
    ...RESUME_AT_PROGRESS,
  },
  {
    case: 'D3 a relay that loses the answers to its script retries it and writes nothing twice',
    guard: 'the script skips events that it has written before',
    file: 'src/adapters/redis/scripts.ts',
    find: 'local new = number > passed',
    replace: 'local new = true',
  },
];
