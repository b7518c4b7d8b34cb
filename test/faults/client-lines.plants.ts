import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'reset in the middle of a frame',
    guard: 'one who resumes stands exactly where its cursor says',
    file: 'src/subscribe/start/start-positions.ts',
    find: "for (const [number, position] of cursor.positions) starts.set(number, { from: 'position', position });",
    replace: `for (const [number, position] of cursor.positions) {
    const after = (position.offset + 1) as typeof position.offset;
    starts.set(number, { from: 'position', position: { ...position, offset: after } });
  }`,
  },
  {
    case: 'byte by byte both ways',
    guard: 'a frame says how long it is',
    file: 'src/transport/websocket/frames.ts',
    find: 'header.writeUInt16BE(length, 2);',
    replace: 'header.writeUInt16BE(length - 1, 2);',
  },
  {
    case: 'whose line is cut before the answer',
    guard:
      'a further call with an idempotency key publishes nothing: its answer is kept, and its event looked for',
    file: 'src/publish/idempotency.ts',
    find: 'if (lasts(answer)) return await this.#keep(',
    replace: 'if (!lasts(answer)) return await this.#keep(',
    also: [
      {
        file: 'src/publish/publisher.ts',
        find: 'if (before !== undefined) return before;',
        replace: '',
      },
    ],
  },
];
