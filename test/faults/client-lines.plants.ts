import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D3 D4 a client whose connection is reset in the middle of a frame resumes after its last complete result',
    guard: 'a resumed subscription starts exactly at its cursor',
    file: 'src/subscribe/start/start-positions.ts',
    find: "for (const [number, position] of cursor.positions) starts.set(number, { from: 'position', position });",
    replace: `for (const [number, position] of cursor.positions) {
    const after = (position.offset + 1) as typeof position.offset;
    starts.set(number, { from: 'position', position: { ...position, offset: after } });
  }`,
  },
  {
    case: 'D3 frames split into single bytes and masked fragments, with pings in between, are read correctly in both directions',
    guard: 'a frame header has the length of its payload',
    file: 'src/transport/websocket/frames.ts',
    find: 'frame.writeUInt16BE(length, 2);',
    replace: 'frame.writeUInt16BE(length - 1, 2);',
  },
  {
    case: 'D1 a mutation whose connection is cut before the answer acts once when it is retried with its key',
    guard:
      'a retry with an idempotency key publishes nothing: its answer is kept, and its event is searched for',
    file: 'src/publish/idempotency.ts',
    find: 'if (answered !== undefined) return await this.#storeAnswer(',
    replace: 'if (answered !== undefined && answered.began < 0) return await this.#storeAnswer(',
    also: [
      {
        file: 'src/publish/publisher.ts',
        find: 'if (firstStartedAt !== undefined)',
        replace: 'if (records.length < 0 && firstStartedAt !== undefined)',
      },
    ],
  },
];
