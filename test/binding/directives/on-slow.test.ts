import { describe, expect, it } from 'vitest';
import { bound, diagnosticsOf } from '../schema.js';

const schema = (use: string) => `
  type Query { ok: Int }
  type Subscription { s: E @subscribe(topic: "t"${use}) }
  type E { n: Int }`;

describe('onSlow', () => {
  it.each([
    ['', 'RESUME'],
    [', onSlow: RESUME', 'RESUME'],
    [', onSlow: CONFLATE', 'CONFLATE'],
    [', onSlow: DISCONNECT', 'DISCONNECT'],
  ])('%j is %s', (use, expected) => {
    expect(bound(schema(use)).subscribes.get('s')?.onSlow).toBe(expected);
  });

  it('is one of these', () => {
    expect(diagnosticsOf(schema(', onSlow: DROP'))).toEqual([
      expect.stringMatching(/^schema\/test\.graphql:3:\d+ {2}found Argument "onSlow" has invalid value DROP/),
    ]);
  });
});
