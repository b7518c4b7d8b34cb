import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'clocks jump an hour forth',
    guard: 'how old something is goes by the clock that never jumps',
    file: 'src/hub/topic-watch.ts',
    find: 'const [asOf, askedAt] = [Date.now(), performance.now()];',
    replace: 'const [asOf, askedAt] = [Date.now(), Date.now()];',
  },
  {
    case: 'clocks jump an hour forth',
    guard: 'how long a mutation may wait goes by the clock that never jumps',
    file: 'src/publish/batcher.ts',
    find: 'const expires = performance.now() + this.#options.deadline;',
    replace: 'const expires = Date.now() + this.#options.deadline;',
    also: [
      {
        file: 'src/publish/batcher.ts',
        find: 'const now = performance.now();',
        replace: 'const now = Date.now();',
      },
    ],
  },
  {
    case: 'a node is frozen for longer',
    guard:
      'one who was away asks where the newest event is, and what follows something else than the last one shows a gap',
    file: 'src/core/chain.ts',
    find: 'if (heard.prev <= link.at) {',
    replace: 'if (heard.prev <= link.at || heard.events.length > 0) {',
    also: [
      {
        file: 'src/hub/open-partition.ts',
        find: 'resumed: () => partition?.onResumed(),',
        replace: 'resumed: () => undefined,',
      },
      {
        file: 'src/hub/silence-check.ts',
        find: 'if (silent.length > 0) await this.#ask(silent);',
        replace: 'if (silent.length < 0) await this.#ask(silent);',
      },
    ],
  },
];
