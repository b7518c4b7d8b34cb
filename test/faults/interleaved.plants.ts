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
    find: `    if (this.#caughtUp()) this.#join();
    else void this.#replay();`,
    replace: '    this.#join();',
  },
  {
    ...CASE,
    guard: 'one becomes live in the same turn in which it is found to stand where the node stands',
    find: `          this.#join();
          return;`,
    replace: `          await new Promise(setImmediate);
          this.#join();
          return;`,
  },
  {
    ...CASE,
    guard: 'one who was live stands where the node stands, in every partition',
    find: `    this.#standWithNode();
    this.#reached.set(event.at.partition, reached);`,
    replace: '    this.#reached.set(event.at.partition, reached);',
  },
  {
    ...CASE,
    guard: 'what a client has no room for is given again',
    find: 'if (!this.sink.next(result, this.tag)) return this.#holdBack(at.partition, before);',
    replace: 'if (!this.sink.next(result, this.tag)) this.#full = true;',
  },
  {
    ...CASE,
    case: 'a cursor of a node that is ahead',
    guard: 'one who is ahead of its node hears when the node comes after',
    find: '    for (const { listeners } of this.#followed) listeners.add(listener);',
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
