import type { Plant } from './support/plant.js';

const UNDER_LOAD = { case: 'while a keeper and a node are killed' };

export const plants: readonly Plant[] = [
  {
    ...UNDER_LOAD,
    guard: 'the events after a state begin where the state stands',
    file: 'src/subscribe/delivery/subscription.ts',
    find: ': startAfter(snapshot, hub.partitioningKey(key), topic.partitions);',
    replace: ': await this.#starts.starts(plan, key, topic, undefined);',
  },
  {
    ...UNDER_LOAD,
    guard: 'what is in the state already is not shown again',
    file: 'src/views/views.ts',
    find: 'Math.max(next - 1, own)',
    replace: 'next - 1',
  },
  {
    case: 'the view is lost while clients begin with it',
    guard: 'what was read of a view counts only if it is still the same one afterwards',
    file: 'src/views/views.ts',
    find: 'if (await this.#readiness.isCurrent(view, ready)) return result;',
    replace: 'return result;',
  },
];
