import { describe, expect, it } from 'vitest';
import { lastName } from '../../../src/core/envelope/type-names.js';
import { decoded, eventOf } from './records.js';

describe('names of types in records', () => {
  it.each([
    ['com.acme.order.OrderPlaced.v1', 'OrderPlaced'],
    ['com.acme.order.OrderPlaced.v1.2', 'OrderPlaced'],
    ['com.acme.Orders$OrderPlaced', 'OrderPlaced'],
    ['https://acme.example/events/order-placed/v2', 'OrderPlaced'],
    ['order.placed', 'Placed'],
    ['order_placed', 'OrderPlaced'],
    ['OrderPlaced', 'OrderPlaced'],
    ['v1', 'V1'],
  ])('LAST_NAME reads %s as %s', (name, type) => {
    expect(lastName(name)).toBe(type);
  });

  it('come from a header, before the attribute of the envelope', () => {
    const typeNames = {
      source: { kind: 'header', name: '__TypeId__' },
      table: new Map(),
      rule: 'LAST_NAME',
    } as const;
    const headers = { __TypeId__: 'com.acme.OrderPlaced' };
    expect(eventOf({ kind: 'JSON', typeNames }, { headers, value: {} }).type).toBe('OrderPlaced');
    expect(decoded({ kind: 'JSON', typeNames }, { value: {} })).toMatchObject({
      kind: 'type',
      reason: expect.stringContaining('__TypeId__'),
    });
  });

  it('come from a field of the data, which an object only inherits does not count', () => {
    const typeNames = {
      source: { kind: 'field', name: 'constructor' },
      table: new Map(),
      rule: 'EXACT',
    } as const;
    expect(decoded({ kind: 'JSON', typeNames }, { value: {} })).toMatchObject({ kind: 'type' });
    expect(eventOf({ kind: 'JSON', typeNames }, { value: { constructor: 'OrderPlaced' } }).type).toBe(
      'OrderPlaced',
    );
  });

  it('are looked up in the table before the rule', () => {
    const table = new Map([['com.acme.OrderPlaced', 'Placed']]);
    const typeNames = { source: { kind: 'envelope' }, table, rule: 'LAST_NAME' } as const;
    const headers = { ce_specversion: '1.0', ce_id: '1', ce_source: '/s', ce_type: 'com.acme.OrderPlaced' };
    expect(eventOf({ kind: 'CLOUDEVENTS', typeNames }, { headers, value: {} }).type).toBe('Placed');
  });
});
