import { describe, expect, it } from 'vitest';
import { topic } from '../../src/core/ids.js';
import { type RebuildCommand, replay } from '../../src/rebuild/command.js';
import type { Rebuild, RebuildRequest } from '../../src/rebuild/rebuild.js';

const T = topic('shop.orders');

function setUp(run: (request: RebuildRequest) => void = () => {}) {
  const said: string[] = [];
  const asked: RebuildRequest[] = [];
  const clock = { now: 0 };
  const rebuild = (kind: Rebuild['kind'], name: string): Rebuild => ({
    kind,
    name,
    async run(request) {
      asked.push(request);
      run(request);
      return 'It is taken up.';
    },
  });
  const command: RebuildCommand = {
    rebuilds: [rebuild('service', 'order'), rebuild('view', 'order'), rebuild('service', 'stock')],
    group: 'stock',
    from: 'start',
    say: (line) => said.push(line),
    now: () => clock.now,
    signal: new AbortController().signal,
  };
  return { said, asked, clock, command };
}

describe('millrace replay', () => {
  it('says how far each topic is, once a second, and its end', async () => {
    const { said, command, clock } = setUp(({ onProgress }) => {
      for (let done = 0; done <= 40; done += 10) {
        clock.now = done * 50;
        onProgress({ topic: T, done, total: 40, events: done });
      }
      onProgress({ topic: topic('idle'), done: 0, total: 0, events: 0 });
    });
    await replay(command);
    expect(said).toEqual([
      'service stock: its state is folded from the start of the log on, beside the one in use',
      'shop.orders  20/40 offsets (50 %)  20 events/s  1 s left',
      'shop.orders  40/40 offsets (100 %)  20 events/s',
      'idle  0/0 offsets (100 %)  0 events/s',
      'Switched. It is taken up.',
    ]);
  });

  it('takes a time, and says which', async () => {
    const { said, asked, command } = setUp();
    await replay({ ...command, from: '2026-01-31T10:30:00+01:00' });
    expect(asked[0]?.from).toEqual({ kind: 'time', time: Date.UTC(2026, 0, 31, 9, 30) });
    expect(said[0]).toContain('2026-01-31T09:30:00.000Z');
  });

  it.each(['yesterday', '2026-13-01', '12', ''])('refuses %j as a time, and begins nothing', async (from) => {
    const { asked, command } = setUp();
    await expect(replay({ ...command, from })).rejects.toThrow("--from is 'start' or a time");
    expect(asked).toEqual([]);
  });

  it('names what there is when there is no such thing, or two of it', async () => {
    const { asked, command } = setUp();
    await expect(replay({ ...command, group: 'nobody' })).rejects.toThrow(
      'There is no nobody with a state; the project has: order (service), order (view), stock (service).',
    );
    await expect(replay({ ...command, group: 'order' })).rejects.toThrow('say service/order or view/order');
    await replay({ ...command, group: 'view/order' });
    expect(asked).toHaveLength(1);
  });
});
