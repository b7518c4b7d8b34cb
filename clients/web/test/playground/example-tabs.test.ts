import { describe, expect, it } from 'vitest';
import { exampleTabs, withExampleHeaders } from '../../src/playground/example-tabs.js';

const EXAMPLES = [
  { title: 'Follow an order', query: 'subscription { n }', variables: { orderId: 'o1' } },
  {
    title: 'Place one. The answer comes once its stock is reserved and it is paid.',
    query: '{ x }',
    headers: { Authorization: 'Demo staff' },
  },
];

describe('the tabs of examples', () => {
  it('have the title above the query, in lines that fit into the editor', () => {
    const [first, second] = exampleTabs(EXAMPLES);
    expect(first?.query).toBe('# Follow an order\nsubscription { n }');
    expect(first?.variables).toBe(JSON.stringify({ orderId: 'o1' }, null, 2));
    const [line, next] = ['Place one. The answer comes once its stock is reserved', 'and it is paid.'];
    expect(second?.query).toBe(`# ${line}\n# ${next}\n{ x }`);
  });

  it('get their headers back at the next visit, for which GraphiQL keeps none', () => {
    const tabs = exampleTabs(EXAMPLES);
    const stored = {
      activeTabIndex: 1,
      tabs: [
        { id: 'a', query: 'query of my own', headers: null },
        { id: 'b', query: tabs[1]?.query, headers: null },
        { id: 'c', query: tabs[1]?.query, headers: '{"Authorization":"mine"}' },
      ],
    };
    const restored = JSON.parse(withExampleHeaders(JSON.stringify(stored), tabs));
    expect(
      restored.tabs.map(({ headers }: { headers: string | null }) => headers && JSON.parse(headers)),
    ).toEqual([null, { Authorization: 'Demo staff' }, { Authorization: 'mine' }]);
    expect(restored.activeTabIndex).toBe(1);
    for (const broken of ['', '{', '[]', '{"tabs":1}']) expect(withExampleHeaders(broken, tabs)).toBe(broken);
  });
});
