import { describe, expect, it } from 'vitest';
import { offset, partition } from '../../src/core/ids.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { listDeadLetters } from '../../src/dead-letters/list.js';
import { asTable, lineAsJson } from '../../src/dead-letters/list-format.js';
import { redriveDeadLetters } from '../../src/dead-letters/redrive.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import { openWorld, type World } from '../support/world.js';

const signal = AbortSignal.timeout(60_000);

interface LetterParts {
  readonly at?: number;
  readonly kind?: string;
  readonly field?: string;
  readonly key?: string | null;
  readonly value?: string;
  readonly reason?: string;
}

async function write(world: World, letters: readonly LetterParts[]): Promise<void> {
  const records = letters.map(({ at = 0, kind = 'filter', field, key = 'k', value = '{}', reason = 'no' }) =>
    deadLetterRecord(
      { topic: world.topic, partition: partition(0), offset: offset(at) },
      { key, headers: {}, timestamp: 1, value: Buffer.from(value) },
      { kind, reason, ...(field === undefined ? {} : { field }) },
    ),
  );
  for (const letter of records) await appendDeadLetters(world.log, [letter]);
}

const list = ({ log, topic }: World, limit = 100) =>
  listDeadLetters({ log, topics: [deadLetterTopic(topic)], limit, signal });

describe('the list of dead letters', () => {
  it('has one line for each record and kind of fault, newest last', async () => {
    await using world = await openWorld();
    await write(world, [
      { at: 3, field: 'a' },
      { at: 4, kind: 'data' },
      { at: 3, field: 'b' },
      { at: 3, kind: 'execution', field: 'a' },
    ]);
    const { lines, more } = await list(world);
    expect(more).toBe(false);
    expect(lines.map((line) => lineAsJson(line))).toMatchObject([
      { offset: '4', kind: 'data', fields: [], letters: 1, newest: { topic: 'said.dlt', offset: '1' } },
      { offset: '3', kind: 'filter', fields: ['a', 'b'], letters: 2 },
      { offset: '3', kind: 'execution', fields: ['a'], letters: 1 },
    ]);
  });

  it('shows which records were redriven', async () => {
    await using world = await openWorld();
    await world.say('k', [1, 2]);
    await write(world, [{ at: 0 }, { at: 1 }]);
    const options = {
      log: world.log,
      group: 'g',
      topics: [deadLetterTopic(world.topic)],
      onRedriven: () => undefined,
      signal,
    };
    await redriveDeadLetters({ ...options, only: new Set(['said/0@1']) });
    const { lines } = await list(world);
    expect(lines.map(({ redriven }) => redriven)).toEqual([false, true]);
  });

  it('C4 has no more lines than the limit, and reports that there are more', async () => {
    await using world = await openWorld();
    await write(world, [{ at: 0 }, { at: 1 }, { at: 2 }]);
    const { lines, more } = await list(world, 2);
    expect(lines.map(({ newest }) => newest.origin.offset)).toEqual([1, 2]);
    expect(more).toBe(true);
    expect(await list(world, 3)).toMatchObject({ more: false });
  });

  it('shows one line each, shortened, without terminal escape sequences', async () => {
    await using world = await openWorld();
    await write(world, [
      {
        key: '\u001b[31mred',
        reason: `one\ntwo ${'x'.repeat(200)}`,
        value: `{"a":"\u202e${'é'.repeat(200)}"}`,
      },
      { at: 1, key: null },
    ]);
    const { lines } = await list(world);
    const [head, first, second, ...more] = asTable(lines).split('\n');
    expect(more).toEqual([]);
    expect(head).toMatch(/^WHEN +POSITION +KIND +IN +KEY +COUNT +REDRIVEN +REASON +VALUE$/);
    expect(first).toMatch(/ said\/0@0 +filter +- + \[31mred +1 +no +one two x+… /);
    expect(second).toMatch(/ said\/0@1 +filter +- +- +1 +no +no +\{\}$/);
    expect(`${first}${second}`).not.toMatch(/\p{C}/u);
    expect(Math.max(String(first).length, String(second).length)).toBeLessThan(400);
  });

  it('is empty when there are no dead letters', async () => {
    await using world = await openWorld();
    expect(await list(world)).toEqual({ lines: [], more: false, foreign: 0 });
  });
});
