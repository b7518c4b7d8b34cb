import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D2 D3 clocks that jump an hour forward and two back lose no event, disconnect nobody and hide no added partition',
    guard: 'ages are measured by the monotonic clock',
    file: 'src/hub/topic-watch.ts',
    find: 'const [asOf, askedAt] = [Date.now(), performance.now()];',
    replace: 'const [asOf, askedAt] = [Date.now(), Date.now()];',
  },
  {
    case: 'D2 D3 clocks that jump an hour forward and two back lose no event, disconnect nobody and hide no added partition',
    guard: 'deadlines of mutations are measured by the monotonic clock',
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
    case: 'D3 D6 a gateway frozen for longer than its connections to Kafka and Redis live recovers, and its clients miss nothing',
    guard:
      'a node that was away asks for the newest event, and a message that does not continue its position is a gap',
    file: 'src/core/chain.ts',
    find: 'if (message.prev <= chain.at) {',
    replace: 'if (message.prev <= chain.at || message.events.length > 0) {',
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
