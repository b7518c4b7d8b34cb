import { describe, expect, it, vi } from 'vitest';
import { CursorCodec } from '../../src/core/cursor.js';
import { Client, openStage } from './stage.js';

const WAIT = { timeout: 30_000 };
const reader = () => new Client({ readsPositions: true });
const resume = ({ cursor }: { readonly cursor: string } = { cursor: '' }) => `after: "${cursor}"`;

describe('positions without a result', () => {
  it('D4 a subscription says where it starts, and resumes there without a result', async () => {
    const stage = await openStage();
    const client = stage.subscribe('said(about: "x")', {}, 'n', reader());
    await expect.poll(() => client.positions, WAIT).toMatchObject([{ behind: 0, results: 0 }]);
    client.running?.close();
    await stage.say('k', [2, 3]);
    const resumed = stage.subscribe(`said(about: "x", ${resume(client.positions[0])})`);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([2, 3]);
    expect(resumed.errors).toEqual([]);
  });

  it('D4 a subscription whose filter lets nothing through says how far it is, in every partition', async () => {
    const stage = await openStage({ partitions: 3, positionIntervalMs: 20 });
    const client = stage.subscribe('below(most: 0)', {}, 'n', reader());
    await expect.poll(stage.live, WAIT).toBe(1);
    for (const key of ['a', 'b', 'c', 'd', 'e']) await stage.say(key, [1, 2]);
    await expect.poll(stage.isHandedOut, WAIT).toBe(true);
    const behindAtLast = async () => {
      const probe = stage.subscribe(`below(most: 0, ${resume(client.positions.at(-1))})`, {}, 'n', reader());
      await expect.poll(() => probe.positions.length, WAIT).toBeGreaterThan(0);
      probe.running?.close();
      return probe.positions[0]?.behind;
    };
    await expect.poll(behindAtLast, WAIT).toBe(0);
    expect(client.data).toEqual([]);
    const last = client.positions.at(-1);
    client.running?.close();
    await stage.say('a', [-1]);
    const resumed = stage.subscribe(`below(most: 0, ${resume(last)})`, {}, 'n', reader());
    await expect.poll(() => resumed.numbers, WAIT).toEqual([-1]);
  });

  it('D3 a position comes after all results up to it, live and replayed', async () => {
    const stage = await openStage({ positionIntervalMs: 5 });
    const client = stage.subscribe('said(about: "x")', {}, 'n', reader());
    await expect.poll(stage.live, WAIT).toBe(1);
    for (let n = 0; n < 100; n++) await stage.say('k', [n]);
    await expect.poll(() => client.numbers.length, WAIT).toBe(100);
    const told = client.positions.filter((_, i) => i % 10 === 0);
    for (const position of told) {
      const rest = stage.subscribe(`said(about: "x", ${resume(position)})`, {}, 'n', reader());
      await expect.poll(() => rest.numbers.length, WAIT).toBe(100 - position.results);
      expect(rest.numbers[0]).toBe(client.numbers[position.results]);
      rest.running?.close();
    }
  });

  it('D4 a replay says how far behind it is when it starts, and that it is live when it is', async () => {
    const stage = await openStage();
    await stage.say('k', [1, 2, 3]);
    const client = stage.subscribe('said(since: "1970-01-01T00:00:00Z")', {}, 'n', reader());
    await expect
      .poll(() => client.positions, WAIT)
      .toMatchObject([
        { behind: 3, results: 0 },
        { behind: 0, results: 3 },
      ]);
    const [start] = client.positions;
    client.running?.close();
    const resumed = stage.subscribe(`said(${resume(start)})`);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([1, 2, 3]);
  });

  it('a client that has been told where it is hears nothing more until that changes', async () => {
    const stage = await openStage({ positionIntervalMs: 5 });
    const client = stage.subscribe('below(most: 0)', {}, 'n', reader());
    const other = stage.subscribe('said(about: "x")', {}, 'n', reader());
    await expect.poll(() => [client.positions.length, other.positions.length], WAIT).toEqual([1, 1]);
    const later = stage.subscribe('per(by: 1)', {}, 'n', reader());
    await expect.poll(() => later.positions.length, WAIT).toBe(1);
    await stage.say('k', [5]);
    await expect.poll(() => client.positions.length, WAIT).toBe(2);
    await stage.say('k', [6]);
    await expect.poll(() => client.positions.length, WAIT).toBe(3);
  });

  it('C1 all subscriptions at one position share one signed cursor, whatever they select', async () => {
    const stage = await openStage({ positionIntervalMs: 5 });
    const clients = Array.from({ length: 60 }, (_, i) =>
      stage.subscribe(`below(most: ${-(i % 3)})`, {}, 'n', reader()),
    );
    await expect.poll(stage.live, WAIT).toBe(60);
    const sign = vi.spyOn(CursorCodec.prototype, 'position');
    await stage.say('k', [1]);
    for (const client of clients) await expect.poll(() => client.positions.length, WAIT).toBe(2);
    expect(sign).toHaveBeenCalledTimes(1);
  });

  it('a client that reads no positions gets none', async () => {
    const stage = await openStage({ positionIntervalMs: 5 });
    const silent = stage.subscribe('below(most: 0)');
    await expect.poll(stage.live, WAIT).toBe(1);
    const reading = stage.subscribe('below(most: 1)', {}, 'n', reader());
    await expect.poll(() => reading.positions.length, WAIT).toBe(1);
    await stage.say('k', [1]);
    await expect.poll(() => reading.positions.length, WAIT).toBe(2);
    expect(silent.positions).toEqual([]);
  });

  it('D8 a client without room is told where it is once it has room, after what it missed', async () => {
    const stage = await openStage({ positionIntervalMs: 5 });
    const client = stage.subscribe('said(about: "x")', {}, 'n', reader());
    await expect.poll(stage.live, WAIT).toBe(1);
    client.room = 0;
    await stage.say('k', [1, 2]);
    await expect.poll(() => client.isHeldBack, WAIT).toBe(true);
    expect(client.positions).toHaveLength(1);
    client.read();
    await expect.poll(() => client.positions.at(-1), WAIT).toMatchObject({ behind: 0, results: 2 });
  });

  it('D4 a first result without data has the start for a client that asks for one', async () => {
    const stage = await openStage();
    const client = stage.subscribe('said(about: "x")', {}, 'n', new Client(), { startCursor: true });
    await expect
      .poll(() => client.results, WAIT)
      .toMatchObject([{ data: null, extensions: { start: true } }]);
    client.running?.close();
    await stage.say('k', [1]);
    const resumed = stage.subscribe(`said(about: "x", after: "${client.cursors[0]}")`);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([1]);
  });
});
