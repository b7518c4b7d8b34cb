import { describe, expect, it } from 'vitest';
import { topic } from '../../src/core/ids.js';
import { type RebuildCommand, rebuild } from '../../src/rebuild/command.js';
import type { Rebuild, RebuildRequest } from '../../src/rebuild/rebuild.js';

const T = topic('shop.orders');

function setUp(run: (request: RebuildRequest) => void = () => {}) {
  const printed: string[] = [];
  const requests: RebuildRequest[] = [];
  const clock = { now: 0 };
  const target = (kind: Rebuild['kind'], name: string): Rebuild => ({
    kind,
    name,
    async run(request) {
      requests.push(request);
      run(request);
      return 'It is in use.';
    },
  });
  const command: RebuildCommand = {
    rebuilds: [target('service', 'order'), target('view', 'order'), target('service', 'stock')],
    group: 'stock',
    from: 'start',
    print: (line) => printed.push(line),
    now: () => clock.now,
    signal: new AbortController().signal,
  };
  return { printed, requests, clock, command };
}

describe('millrace replay', () => {
  it('prints the progress of each topic once a second, and its end', async () => {
    const { printed, command, clock } = setUp(({ onProgress }) => {
      for (let done = 0; done <= 40; done += 10) {
        clock.now = done * 50;
        onProgress({ topic: T, done, total: 40, events: done });
      }
      onProgress({ topic: topic('idle'), done: 0, total: 0, events: 0 });
    });
    await rebuild(command);
    expect(printed).toEqual([
      'Rebuilding the state of service stock from the start of the log, beside the one in use',
      'shop.orders  20/40 offsets (50 %)  20 events/s  1 s left',
      'shop.orders  40/40 offsets (100 %)  20 events/s',
      'idle  0/0 offsets (100 %)  0 events/s',
      'Switched. It is in use.',
    ]);
  });

  it('accepts a time with an offset, and prints it in UTC', async () => {
    const { printed, requests, command } = setUp();
    await rebuild({ ...command, from: '2026-01-31T10:30:00+01:00' });
    expect(requests[0]?.from).toEqual({ kind: 'time', time: Date.UTC(2026, 0, 31, 9, 30) });
    expect(printed[0]).toContain('2026-01-31T09:30:00.000Z');
  });

  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T09:30Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31t09:30:15.25z', '2026-01-31T09:30:15.250Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2016-12-31T18:59:60.5-05:00', '2017-01-01T00:00:00.500Z'],
  ])(
    'reads the time %s as RFC 3339 does, leap seconds and lower-case letters included',
    async (from, utc) => {
      const { requests, command } = setUp();
      await rebuild({ ...command, from });
      expect(requests[0]?.from).toEqual({ kind: 'time', time: Date.parse(utc) });
    },
  );

  it.each(['yesterday', '2026-13-01', '2026-02-29', '2026-01-31T25:00Z', '2026-01-31T09:30', '12', ''])(
    'rejects %j as a time, and rebuilds nothing',
    async (from) => {
      const { requests, command } = setUp();
      await expect(rebuild({ ...command, from })).rejects.toThrow("--from must be 'start' or a time");
      expect(requests).toEqual([]);
    },
  );

  it('lists the candidates when no service or view has the name, or both do', async () => {
    const { requests, command } = setUp();
    await expect(rebuild({ ...command, group: 'nobody' })).rejects.toThrow(
      'No service or view nobody has a state. The project has: order (service), order (view), stock (service).',
    );
    await expect(rebuild({ ...command, group: 'order' })).rejects.toThrow(
      'Write service/order or view/order',
    );
    await rebuild({ ...command, group: 'view/order' });
    expect(requests).toHaveLength(1);
  });
});
