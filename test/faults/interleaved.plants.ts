import type { Plant } from './support/plant.js';

const CASE = {
  test: 'test/subscribe/interleaved.test.ts',
  case: 'D2 D3 D4 D8 the switch from replay to live has no gap and no duplicate, in every interleaving',
  file: 'src/subscribe/delivery/subscriber.ts',
};

export const plants: readonly Plant[] = [
  {
    ...CASE,
    guard: "only a subscriber at the node's position becomes live",
    find: `    if (this.positions.isAtNode(this.#followed)) this.#becomeLive();
    else this.#startReplay();`,
    replace: '    this.#becomeLive();',
  },
  {
    ...CASE,
    guard: "a subscriber becomes live in the same tick in which its position equals the node's",
    find: `          this.#becomeLive();
          return;`,
    replace: `          await new Promise(setImmediate);
          this.#becomeLive();
          return;`,
  },
  {
    ...CASE,
    guard: "a subscriber that was live is at the node's position in every partition",
    find: `    this.positions.moveToNode(this.#followed);
    this.positions.set(event.at.partition, position);`,
    replace: '    this.positions.set(event.at.partition, position);',
  },
  {
    ...CASE,
    guard: 'a result that the client has no room for is offered again',
    file: 'src/subscribe/delivery/replay.ts',
    find: `      positions.set(at.partition, before);
      this.#target.onRefused();
      return 'refused';`,
    replace: '      this.#target.onRefused();',
  },
  {
    ...CASE,
    case: 'D4 a subscription whose cursor is ahead of its node waits until the node catches up',
    guard: 'a subscriber ahead of its node is notified when the node catches up',
    find: '    for (const { listeners } of followed) listeners.add(listener);',
    replace: '',
  },
  {
    test: CASE.test,
    case: 'D5 the switch from replay to live has no silent gap when retention passes a subscriber',
    guard: 'live subscribers are notified that events are gone',
    file: 'src/hub/followed-partition.ts',
    find: `for (const listener of [...this.listeners]) listener.onLost(this.at, loss);
    this.#delivery.restart(floor);`,
    replace: `void loss;
    this.#delivery.restart(floor);`,
  },
];
