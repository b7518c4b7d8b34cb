import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CpuShare } from '../../../src/console/events/cpu-share.js';
import { Pacer } from '../../../src/console/events/pace.js';
import { shownValue } from '../../../src/console/events/row.js';
import { offsetsAt } from '../../../src/console/events/volume.js';
import { Slots } from '../../../src/console/slots.js';

const never = new AbortController().signal;

describe('a pace', () => {
  it('shows records as many times as fast as they were written', () => {
    const pacer = new Pacer({ speed: 10 });
    expect(pacer.waitMs(1_000, 50)).toBe(0);
    pacer.shown(1_000, 50);
    expect(pacer.waitMs(3_000, 60)).toBe(190);
    expect(pacer.waitMs(3_000, 250)).toBe(0);
  });

  it('waits for no record longer than 5 s, and not for one whose time goes back', () => {
    const pacer = new Pacer({ speed: 1 });
    pacer.shown(0, 0);
    expect(pacer.waitMs(86_400_000, 0)).toBe(5_000);
    expect(pacer.waitMs(-10, 0)).toBe(0);
  });

  it('shows so many records a second, also when one of them was late', () => {
    const pacer = new Pacer({ perSecond: 100 });
    pacer.shown(0, 0);
    expect(pacer.waitMs(0, 4)).toBe(6);
    // 5 ms late: the next one is due as if it had not been.
    pacer.shown(0, 15);
    expect(pacer.waitMs(0, 15)).toBe(5);
  });
});

describe('the volume of a topic', () => {
  it('asks for no offset between two that are the same', async () => {
    const asked: number[] = [];
    const times = Array.from({ length: 65 }, (_, i) => i);
    const found = await offsetsAt(times, async (time) => {
      asked.push(time);
      return time < 20 ? 100 : 140;
    });
    expect(found).toEqual(times.map((time) => (time < 20 ? 100 : 140)));
    expect(asked.length).toBeLessThan(10);
  });
});

describe('a value', () => {
  it('is text where it is UTF-8, and is not cut within a character', () => {
    expect(shownValue(Buffer.from('{"a":1}'), 100)).toEqual({
      text: '{"a":1}',
      hex: null,
      bytes: 7,
      shown: 7,
    });
    expect(shownValue(Buffer.from('ab€'), 4)).toEqual({ text: 'ab', hex: null, bytes: 5, shown: 2 });
    expect(shownValue(Buffer.from('a😀'), 4)).toEqual({ text: 'a', hex: null, bytes: 5, shown: 1 });
  });

  it('is shown in digits where it is not', () => {
    expect(shownValue(Buffer.from([0xff, 0x00, 0x1f]), 2)).toEqual({
      text: null,
      hex: 'ff00',
      bytes: 3,
      shown: 2,
    });
  });
});

describe('C4: slots', () => {
  it('run so many at once, and give the turn of one that was aborted to the next', async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    let free!: () => void;
    const first = slots.run(() => new Promise<void>((resolve) => (free = resolve)), never);
    const abort = new AbortController();
    const second = slots.run(async () => order.push('second'), abort.signal);
    const third = slots.run(async () => order.push('third'), never);
    abort.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    free();
    await Promise.all([first, third]);
    expect(order).toEqual(['third']);
  });
});

describe('S4: the share of the CPU', () => {
  it('is about half of a core', async () => {
    const cpu = new CpuShare();
    const abort = new AbortController();
    let workedMs = 0;
    const start = performance.now();
    const endless = cpu.run((isTickOver) => {
      const from = performance.now();
      while (!isTickOver());
      workedMs += performance.now() - from;
      if (workedMs > 100) abort.abort(new Error('closed'));
      return false;
    }, abort.signal);
    await expect(endless).rejects.toThrow('closed');
    expect(workedMs / (performance.now() - start)).toBeLessThan(0.75);
  });

  it('lets others run while a filter works without end', async () => {
    const cpu = new CpuShare();
    const abort = new AbortController();
    const endless = cpu.run((isTickOver) => {
      while (!isTickOver());
      return false;
    }, abort.signal);
    let ticks = 0;
    const start = performance.now();
    while (ticks < 20) {
      await delay(1);
      ticks += 1;
    }
    // Twenty times a slice and a rest, and room for a slow machine.
    expect(performance.now() - start).toBeLessThan(2_000);
    abort.abort(new Error('closed'));
    await expect(endless).rejects.toThrow('closed');
  });
});
