import { describe, expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import { positionName, positionNamed } from '../../src/core/position.js';

describe('the name of a position', () => {
  it('names the same position again, also in a topic whose name has dots and dashes', () => {
    const at = { topic: topic('shop.orders-v2_x'), partition: partition(3), offset: offset(17) };
    expect(positionNamed(positionName(at))).toEqual(at);
  });

  it.each([
    '',
    'order-1',
    'orders/3',
    'orders@3',
    'a/b/3@17',
    'orders/-1@0',
    'orders/3@1e9',
    'orders/3@9007199254740993',
  ])('refuses %j, which is an id or nothing', (text) => {
    expect(positionNamed(text)).toBeUndefined();
  });
});
