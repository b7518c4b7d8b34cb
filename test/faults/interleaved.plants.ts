import type { Plant } from './support/plant.js';

const CASE = {
  test: 'test/subscribe/interleaved.test.ts',
  case: 'has no gap and no double, in every interleaving',
  file: 'src/subscribe/delivery/subscriber.ts',
};

export const plants: readonly Plant[] = [
  {
    ...CASE,
    guard: 'only one who stands where the node stands becomes live',
    find: `    if (this.positions.isAtNode(this.#followed)) this.#becomeLive();
    else this.#startReplay();`,
    replace: '    this.#becomeLive();',
  },
  {
    ...CASE,
    guard: 'one becomes live in the same turn in which it is found to stand where the node stands',
    find: `          this.#becomeLive();
          return;`,
    replace: `          await new Promise(setImmediate);
          this.#becomeLive();
          return;`,
  },
  {
    ...CASE,
    guard: 'one who was live stands where the node stands, in every partition',
    find: `    this.positions.moveToNode(this.#followed);
    this.positions.set(event.at.partition, position);`,
    replace: '    this.positions.set(event.at.partition, position);',
  },
  {
    ...CASE,
    guard: 'what a client has no room for is given again',
    file: 'src/subscribe/delivery/replay.ts',
    find: `      positions.set(at.partition, before);
      this.#target.refused();
      return 'refused';`,
    replace: '      this.#target.refused();',
  },
  {
    ...CASE,
    case: 'a cursor of a node that is ahead',
    guard: 'one who is ahead of its node hears when the node comes after',
    find: '    for (const { listeners } of followed) listeners.add(listener);',
    replace: '',
  },
  {
    test: CASE.test,
    case: 'they are told',
    guard: 'those who are live are told that events are gone',
    file: 'src/hub/followed-partition.ts',
    find: `this.#parts.reader.forget(this.at);
    for (const listener of [...this.listeners]) listener.lost(this.at, loss);
    this.#apply(step);`,
    replace: `this.#parts.reader.forget(this.at);
    void loss;
    this.#apply(step);`,
  },
];
