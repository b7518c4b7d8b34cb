import { describe, expect, it } from 'vitest';
import { topic } from '../../../src/core/ids.js';
import { bound, diagnosticsOf } from '../schema.js';

const schemaWith = (show: string): string => `type Query { q: Int } type E { n: Int }
  type Subscription { s: E @subscribe(topic: "t"${show}) }`;
const problems = (show: string) =>
  diagnosticsOf(schemaWith(`, show: ${show}`)).map((one) => one.replace(/^\S+ +/, ''));

describe('@subscribe(show:)', () => {
  it('makes the events of the topic carry what it shows, and nothing where it is left out', () => {
    const show = ', show: { headers: ["a", "b", "a"], extensions: ["region"], subject: true, source: true }';
    const { topics, subscribes } = bound(schemaWith(show));
    expect(topics.get(topic('t'))?.format.carried).toEqual({
      headers: ['a', 'b'],
      attributes: ['region', 'subject'],
    });
    expect(subscribes.get('s')?.shown?.headers).toEqual(['a', 'b']);
    for (const nothing of ['', ', show: { source: true, timestamp: true }', ', show: null'])
      expect(bound(schemaWith(nothing)).topics.get(topic('t'))?.format.carried).toBeUndefined();
  });

  it.each([
    [
      '{ extensions: ["x-y"] }',
      /^CloudEvents have no extension "x-y": names are of lower-case letters and digits\. Show a header/,
    ],
    ['{ headers: [""] }', /^A header that is shown has no name\. Write names/],
    [
      '{ header: ["a"] }',
      /^ShownOfRecord has no field header\. Its fields: extensions, headers, source, subject, timestamp\.$/,
    ],
  ])('finds at start that %s shows nothing', (show, problem) => {
    expect(problems(show)).toEqual([expect.stringMatching(problem)]);
  });
});
