import type { Plant } from './support/plant.js';

const PLACE = {
  guard: 'one who resumes stands exactly where its cursor says',
  file: 'src/subscribe/start/starts.ts',
  find: "for (const [number, reached] of place.positions) starts.set(number, { from: 'place', reached });",
  replace: `for (const [number, reached] of place.positions) {
    const before = (reached.offset - 1) as typeof reached.offset;
    starts.set(number, { from: 'place', reached: { ...reached, offset: before } });
  }`,
};

export const plants: readonly Plant[] = [
  { case: 'a gateway is killed in mid-replay', ...PLACE },
  {
    case: 'many switch from replay to live',
    guard: 'only one who stands where the node stands becomes live',
    file: 'src/subscribe/delivery/subscriber.ts',
    find: 'ended === undefined && this.#at(at.partition).offset === reached.offset',
    replace: 'ended === undefined && this.#at(at.partition).offset <= reached.offset',
  },
  { case: 'three nodes are restarted one after the other', ...PLACE },
  {
    case: 'the secret of cursors is exchanged',
    guard: 'the secrets that were rotated out verify',
    file: 'src/core/cursor.ts',
    find: 'const known = this.#keys.filter(({ id }) => id === body[keyAt]);',
    replace: 'const known = this.#keys.slice(0, 1);',
  },
];
