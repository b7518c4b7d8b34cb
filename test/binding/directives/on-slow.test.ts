import { describe, expect, it } from 'vitest';
import { bound, diagnosticsOf } from '../schema.js';

const schema = (more: string) => `
  type Query { ok: Int }
  type Subscription { s: E @subscribe(topic: "t"${more}) }
  type E { n: Int }`;

describe('onSlow', () => {
  it.each([
    ['', 'RESUME'],
    [', onSlow: RESUME', 'RESUME'],
    [', onSlow: CONFLATE', 'CONFLATE'],
    [', onSlow: DISCONNECT', 'DISCONNECT'],
  ])('onSlow of @subscribe(topic: "t"%s) is %s', (more, expected) => {
    expect(bound(schema(more)).subscribes.get('s')?.onSlow).toBe(expected);
  });

  it('rejects a value that onSlow does not have', () => {
    expect(diagnosticsOf(schema(', onSlow: DROP'))).toEqual([
      expect.stringMatching(/^schema\/test\.graphql:3:\d+ {2}Argument "onSlow" has invalid value DROP/),
    ]);
  });
});
