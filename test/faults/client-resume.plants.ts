import type { Plant } from './support/plant.js';

const START_AT_CURSOR = {
  guard: 'a resumed subscription starts exactly at its cursor',
  file: 'src/subscribe/start/start-positions.ts',
  find: "for (const [number, position] of cursor.positions) starts.set(number, { from: 'position', position });",
  replace: `for (const [number, position] of cursor.positions) {
    const before = (position.offset - 1) as typeof position.offset;
    starts.set(number, { from: 'position', position: { ...position, offset: before } });
  }`,
};

export const plants: readonly Plant[] = [
  {
    case: 'D4 clients of a gateway that is killed in mid-replay resume at another one and get exactly the rest',
    ...START_AT_CURSOR,
  },
  {
    case: 'D3 D4 clients that switch from replay to live at full publishing speed get exactly what follows their cursors',
    guard: "only a subscriber at the node's position becomes live",
    file: 'src/subscribe/delivery/reached-positions.ts',
    find: 'endedBy === undefined && this.at(at.partition).offset === reached.offset',
    replace: 'endedBy === undefined && this.at(at.partition).offset <= reached.offset',
  },
  {
    case: 'D4 a rolling restart of three gateways under load loses and duplicates nothing',
    ...START_AT_CURSOR,
  },
  {
    case: 'D4 D5 a rotation of the cursor secret over rolling restarts keeps every cursor valid until its key is removed',
    guard: 'secrets that were rotated out still verify',
    file: 'src/core/cursor.ts',
    find: 'const known = this.#keys.filter(({ id }) => id === body[keyAt]);',
    replace: 'const known = this.#keys.slice(0, 1);',
  },
];
