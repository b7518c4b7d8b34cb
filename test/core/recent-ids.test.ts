import { describe, expect, it } from 'vitest';
import { RecentIds } from '../../src/core/recent-ids.js';

const filled = (max: number, ...ids: readonly string[]): RecentIds<number> => {
  const recent = new RecentIds<number>(max);
  for (const [i, id] of ids.entries()) recent.add(id, i);
  return recent;
};

describe('RecentIds', () => {
  it('C4 forgets the oldest id when one more than its maximum is added', () => {
    const recent = filled(3, 'a', 'b', 'c', 'd', 'e');
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => recent.get(id))).toEqual([undefined, undefined, 2, 3, 4]);
  });

  it('keeps the age of an id that is added twice, with its newest value', () => {
    const recent = filled(2, 'a', 'b', 'a', 'c');
    expect(recent.has('a')).toBe(false);
    expect(recent.get('b')).toBe(1);
    const again = filled(2, 'a', 'a');
    expect(again.get('a')).toBe(1);
  });

  it('addAll adds the ids of another instance in their order', () => {
    const recent = filled(3, 'x');
    recent.addAll(filled(2, 'a', 'b', 'c'));
    expect(['x', 'b', 'c'].every((id) => recent.has(id))).toBe(true);
    recent.add('d', 9);
    expect(recent.has('x')).toBe(false);
    recent.clear();
    expect(recent.has('d')).toBe(false);
  });
});
