import { buildSchema } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { DocumentCache } from '../../src/operation/document-cache.js';
import { DocumentValidator } from '../../src/operation/document-validator.js';

describe('the cache of documents', () => {
  it('keeps a document from its second request on', () => {
    const cache = new DocumentCache<{ id: number }>();
    cache.add('{ a }', { id: 1 }, 3);
    expect(cache.get('{ a }')).toBe(undefined);
    cache.add('{ a }', { id: 2 }, 3);
    expect(cache.get('{ a }')).toEqual({ id: 2 });
  });

  it('S4 keeps what clients send again although another sends a different document each time', () => {
    const cache = new DocumentCache<object>();
    const own = {};
    for (let i = 0; i < 2; i++) cache.add('{ own }', own, 3);
    for (let i = 0; i < 50_000; i++) cache.add(`{ a${i} }`, {}, 3);
    expect(cache.get('{ own }')).toBe(own);
    expect(cache.size).toBe(1);
  });

  it('C4 S4 keeps documents of at most 64 MiB, as far as their tokens tell', () => {
    const cache = new DocumentCache<object>();
    for (let i = 0; i < 2_000; i++) for (let twice = 0; twice < 2; twice++) cache.add(`{ a${i} }`, {}, 5_000);
    expect(cache.size).toBeGreaterThan(0);
    expect(cache.size).toBeLessThanOrEqual((64 << 20) / (5_000 * 270));
  });
});

describe('the validator of documents', () => {
  const schema = buildSchema('type Query { a: Int }');

  it('C4 S4 counts the tokens of the documents that it keeps, valid or not', () => {
    const add = vi.spyOn(DocumentCache.prototype, 'add');
    const validator = new DocumentValidator(schema, { maxTokens: 100 });
    for (const query of ['{ a }', '{ b }', '{ a', `{ a ${'b '.repeat(100)}}`, `{ ${' '.repeat(3_000)} }`])
      validator.validate(query);
    expect(add.mock.calls.map(([, , tokens]) => tokens)).toEqual([3, 3, 0, 0]);
    add.mockRestore();
  });

  it('does not validate a document again that it keeps', () => {
    const validator = new DocumentValidator(schema, { maxTokens: 100 });
    const [, second, third] = [1, 2, 3].map(() => validator.validate('{ a }'));
    if (second === undefined || !('document' in second)) throw new Error('It is valid');
    expect(second.isNew).toBe(true);
    expect(third).toEqual({ document: second.document, isNew: false });
  });
});
