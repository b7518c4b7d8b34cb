import type { Plant } from './support/plant.js';

const UNDER_LOAD = {
  case: 'D2 D3 D4 clients get the state and then exactly the events not in it, while a view worker and a gateway are killed',
};

export const plants: readonly Plant[] = [
  {
    ...UNDER_LOAD,
    guard: "the events after a state start at the state's position",
    file: 'src/subscribe/delivery/subscription.ts',
    find: 'const starts = startAfter(position, placement, topic.partitions);',
    replace: 'const { starts } = await this.#starts.starts(plan, undefined, topic, placement, undefined);',
  },
  {
    ...UNDER_LOAD,
    guard: 'events that are in the state are not shown again',
    file: 'src/views/views.ts',
    find: 'Math.max(next - 1, own)',
    replace: 'next - 1',
  },
  {
    case: 'D2 D6 clients that start with a view while it is lost never see it half built',
    guard: 'a read of a view counts only if the view has not changed meanwhile',
    file: 'src/views/views.ts',
    find: 'if (await this.#readiness.isCurrent(view, ready)) return result;',
    replace: 'return result;',
  },
];
