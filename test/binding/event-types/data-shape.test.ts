import { describe, expect, it } from 'vitest';
import { bound, diagnosticsOf } from '../schema.js';

/** A mutation whose input is published as an event; both types contain themselves. */
const schemaOf = (input: string, event: string): string => `
  type Query { ok: Boolean }
  type Mutation { plant(tree: Tree!, id: ID!): Published! @publish(topic: "t", type: "Planted", key: "args.id") }
  input Tree { ${input} }
  input Leaf { of: Tree }
  type Planted { id: ID! tree: Branch! }
  type Branch { ${event} }
  type LeafOf { of: Branch }`;

describe('data of types that contain themselves', () => {
  it('is checked at start without end, and published with all its levels', () => {
    const schema = schemaOf(
      'name: String! next: Tree all: [Leaf!]',
      'name: String! next: Branch all: [LeafOf!]',
    );
    expect(diagnosticsOf(schema)).toEqual([]);
    const [event] = bound(schema).publishes.get('plant')?.events ?? [];
    const tree = { name: 'a', next: { name: 'b', all: [{ of: { name: 'c' } }] } };
    expect(event?.data({ args: { id: '1', tree }, claims: {} })).toEqual({ id: '1', tree });
  });

  it('is a mistake at start when they do not match at any level', () => {
    for (const [input, event] of [
      ['next: Tree', 'name: String! next: Branch'],
      ['name: String next: Tree', 'name: Int next: Branch'],
      ['next: Tree all: [Leaf!]', 'next: Branch all: [LeafOf!]!'],
    ] as const)
      expect(diagnosticsOf(schemaOf(input, event)).join()).toContain(
        'tree has type Tree! instead of Branch!',
      );
  });
});
