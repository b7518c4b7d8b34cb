import { describe, expect, it } from 'vitest';
import { type Row, RowBuffer } from '../../../src/console/events/row-buffer';

const rowsOf = (from: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ partition: 0, offset: from + i, time: '2026-01-31T09:30:00Z', key: null, type: null, id: null },
    ...{ correlationId: null, value: null, problem: null },
  }));
const offsets = ({ rows }: RowBuffer): readonly number[] => rows.map(({ offset }) => Number(offset));

describe('the rows of a page', () => {
  it('C4 are bounded: the oldest go, and the position before the first row says where they are in the log', () => {
    const buffer = new RowBuffer(10);
    for (const at of [0, 4, 8, 12]) buffer.append(`p${at}`, rowsOf(at, 4), `p${at + 4}`);
    expect(offsets(buffer)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    expect([buffer.before, buffer.after]).toEqual(['p8', 'p16']);
  });

  it('C4 are bounded in the other direction too: the newest go, and the page goes on behind the last row', () => {
    const buffer = new RowBuffer(10);
    for (const at of [20, 24]) buffer.append(`p${at}`, rowsOf(at, 4), `p${at + 4}`);
    expect(buffer.prepend('p16', rowsOf(16, 4))).toBe(4);
    expect(offsets(buffer)).toEqual([16, 17, 18, 19, 20, 21, 22, 23]);
    expect([buffer.before, buffer.after]).toEqual(['p16', 'p24']);
  });

  it('D4 keep the position behind records that were read and not shown', () => {
    const buffer = new RowBuffer(10);
    buffer.append('p0', rowsOf(0, 1), 'p1');
    buffer.append('p1', [], 'p900');
    buffer.append('p900', rowsOf(900, 1), 'p901');
    expect([buffer.before, buffer.after]).toEqual(['p0', 'p901']);
  });

  it('have a position before the first of them although nothing matched yet', () => {
    const buffer = new RowBuffer(10);
    buffer.append('p5', [], 'p9');
    expect([buffer.before, buffer.after]).toEqual(['p5', 'p9']);
  });
});
