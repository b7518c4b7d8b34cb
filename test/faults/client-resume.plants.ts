import type { Plant } from './support/plant.js';

const PLACE = {
  guard: 'one who resumes stands exactly where its cursor says',
  file: 'src/subscribe/start/start-positions.ts',
  find: "for (const [number, position] of cursor.positions) starts.set(number, { from: 'position', position });",
  replace: `for (const [number, position] of cursor.positions) {
    const before = (position.offset - 1) as typeof position.offset;
    starts.set(number, { from: 'position', position: { ...position, offset: before } });
  }`,
};

export const plants: readonly Plant[] = [
  { case: 'a gateway is killed in mid-replay', ...PLACE },
  {
    case: 'many switch from replay to live',
    guard: 'only one who stands where the node stands becomes live',
    file: 'src/subscribe/delivery/reached-positions.ts',
    find: 'endedBy === undefined && this.at(at.partition).offset === reached.offset',
    replace: 'endedBy === undefined && this.at(at.partition).offset <= reached.offset',
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
