import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ConnectionQueue } from '../../../src/transport/delivery/connection-queue.js';
import { Turns } from '../../../src/transport/delivery/turns.js';

/** Connections on a clock that goes only as work is done. A task is a name. */
function world() {
  const clock = { now: 0, taskMs: 0.25 };
  const done: string[] = [];
  const turns = new Turns(() => clock.now);
  const connection = () => {
    const reading: string[] = [];
    const queue = new ConnectionQueue<string>(turns, {
      perform: (task) => {
        clock.now += clock.taskMs;
        done.push(task);
        return task === 'new';
      },
      pauseReading: () => void reading.push('paused'),
      resumeReading: () => void reading.push('resumed'),
    });
    const add = (name: string, count: number, bytes = 1): void => {
      for (let i = 0; i < count; i++) queue.add(name, bytes);
    };
    return { queue, add, reading };
  };
  return { clock, done, connection };
}

it('S4 does at once what a connection asks for, up to its turn of a tick; the rest waits', async () => {
  const { clock, done, connection } = world();
  clock.taskMs = 0.125;
  const { add, queue } = connection();
  add('a', 10);
  expect(done).toHaveLength(2);
  expect(queue.size).toBe(8);
  await tick();
  expect(done).toHaveLength(4);
});

it('S4 a connection that asks for little does not wait behind one that asks for much', () => {
  const { done, connection } = world();
  connection().add('a', 100);
  connection().add('b', 1);
  expect(done.join('')).toBe('ab');
});

it('S4 cheap tasks have a longer turn, which makes the turn of others no longer', async () => {
  const { done, connection, clock } = world();
  const { add, queue } = connection();
  clock.taskMs = 0.0625;
  add('cheap', 10);
  clock.taskMs = 0.25;
  add('dear', 10);
  expect(done.filter((name) => name === 'dear')).toHaveLength(1);
  clock.taskMs = 0.0625;
  const other = connection();
  other.add('other', 500);
  expect(done.filter((name) => name === 'other')).toHaveLength(160);
  // Those that have waited get a shorter one.
  done.length = 0;
  queue.clear();
  await tick();
  expect(done.join(' ')).toBe(Array(16).fill('other').join(' '));
});

it('S4 cheap tasks that are new have the turn of dear ones', async () => {
  const { done, connection, clock } = world();
  clock.taskMs = 0.0625;
  connection().add('new', 500);
  expect(done).toHaveLength(4);
  await tick();
  expect(done).toHaveLength(8);
});

it('S4 connections that wait are served in turns: about one task each in a tick, and all together for two milliseconds', async () => {
  const { done, connection } = world();
  const names = Array.from('abcdefghij');
  for (const name of names) connection().add(name, 10);
  done.length = 0;
  for (const expected of ['abcdefgh', 'abcdefghijabcdef', 'abcdefghijabcdefghijabcd']) {
    await tick();
    expect(done.join('')).toBe(expected);
  }
});

it('S4 keeps the order of a connection, also of what comes while something waits', async () => {
  const { done, connection } = world();
  const { queue } = connection();
  for (let i = 0; i < 30; i++) queue.add(String(i), 1);
  await tick();
  for (let i = 30; i < 60; i++) queue.add(String(i), 1);
  while (queue.size > 0) await tick();
  expect(done).toEqual(Array.from({ length: 60 }, (_, i) => String(i)));
});

it('C4 S4 stops reading at 128 waiting tasks, resumes at half of them, and drops nothing', async () => {
  const { done, connection } = world();
  const { add, queue, reading } = connection();
  add('a', 1 + 127);
  expect(reading).toEqual([]);
  // What was read together with the last one waits too.
  add('a', 10);
  expect(reading).toEqual(['paused']);
  while (queue.size > 64) {
    expect(reading).toEqual(['paused']);
    await tick();
  }
  expect(reading).toEqual(['paused', 'resumed']);
  while (queue.size > 0) await tick();
  expect(done).toHaveLength(138);
});

it('C4 S4 stops reading at 64 KiB of waiting tasks', async () => {
  const { connection } = world();
  const { add, queue, reading } = connection();
  add('a', 1 + 3, 20_000);
  expect(reading).toEqual([]);
  add('a', 1, 20_000);
  expect(reading).toEqual(['paused']);
  while (queue.size > 0) await tick();
  expect(reading).toEqual(['paused', 'resumed']);
});

it('S4 does nothing more for a connection that closes', async () => {
  const { done, connection } = world();
  const { add, queue } = connection();
  add('a', 100);
  queue.clear();
  await tick();
  await tick();
  expect(done).toHaveLength(1);
});

it('S4 C4 what comes while a connection is held waits in its order, and at the bound it is not read', async () => {
  const { clock, done, connection } = world();
  clock.taskMs = 0;
  const { add, queue, reading } = connection();
  add('first', 1);
  queue.hold();
  for (let i = 0; i < 127; i++) add(String(i), 1);
  await tick();
  expect([done, reading, queue.size]).toEqual([['first'], [], 127]);
  add('last', 1);
  expect(reading).toEqual(['paused']);
  queue.release();
  await tick();
  await tick();
  expect(done).toEqual(['first', ...Array.from({ length: 127 }, (_, i) => String(i)), 'last']);
  expect(reading).toEqual(['paused', 'resumed']);
});

it('S4 a connection that a waiting task holds does nothing after it', async () => {
  const { done, connection } = world();
  const { add, queue } = connection();
  add('a', 3);
  queue.hold();
  await tick();
  expect(done).toEqual(['a']);
  queue.release();
  await tick();
  await tick();
  expect(done).toEqual(['a', 'a', 'a']);
});
