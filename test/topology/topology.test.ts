import { instance } from '@viz-js/viz';
import { describe, expect, it } from 'vitest';
import { dotOf, mermaidOf } from '../../src/topology/diagrams.js';
import { topologyOf, withLag } from '../../src/topology/topology.js';
import { bound } from '../binding/schema.js';

const SCHEMA = `
  extend schema @topic(name: "audit")
  type Query { order(id: ID!): Order @view(name: "orders", key: "args.id") }
  type Mutation {
    place(id: ID!): PlaceResult! @publish(topic: "orders", type: "Placed", key: "args.id", outcome: { types: ["Confirmed"], within: "5s" })
  }
  type Subscription {
    steps(id: ID!): Step! @subscribe(topic: "orders", key: "args.id") @view(name: "orders", key: "args.id", type: "Order")
  }
  union PlaceResult = Confirmed
  union Step = Order | Placed | Confirmed
  type Order { id: ID! }
  type Placed { id: ID! }
  type Confirmed { id: ID! }
`;
const view = { name: 'orders', topics: ['orders'], initial: null, fold: () => null };
const parts = () => ({
  bindings: bound(SCHEMA, undefined, [view]),
  services: [{ name: 'till', topics: ['orders', 'payments'] }],
  views: [view],
});

describe('the topology', () => {
  it('has every directive of the schema, every service and every view, in the direction in which events go', () => {
    const { nodes, edges } = topologyOf(parts());
    expect(nodes.map(({ id }) => id)).toEqual([
      'mutation:place',
      'query:order',
      'service:till',
      'subscription:steps',
      'topic:audit',
      'topic:orders',
      'topic:payments',
      'view:orders',
    ]);
    expect(edges).toEqual([
      { from: 'mutation:place', to: 'topic:orders', kind: 'publishes', types: ['Placed'] },
      { from: 'topic:orders', to: 'mutation:place', kind: 'answers', types: ['Confirmed'] },
      { from: 'topic:orders', to: 'service:till', kind: 'reads', types: [] },
      { from: 'topic:orders', to: 'subscription:steps', kind: 'reads', types: ['Confirmed', 'Placed'] },
      { from: 'topic:orders', to: 'view:orders', kind: 'reads', types: [] },
      { from: 'topic:payments', to: 'service:till', kind: 'reads', types: [] },
      { from: 'view:orders', to: 'query:order', kind: 'shows', types: [] },
      { from: 'view:orders', to: 'subscription:steps', kind: 'shows', types: [] },
    ]);
  });

  it('has what was found in the topics: what services publish, and who else does', () => {
    const observed = [
      { topic: 'orders', source: '/gateway', type: 'Placed' },
      { topic: 'orders', source: '/gateway', type: 'OfAResolver' },
      { topic: 'orders', source: '/services/till', type: 'Confirmed' },
      { topic: 'orders', source: '/services/till', type: '' },
      { topic: 'payments', source: 'urn:bank "1"', type: 'Paid' },
    ];
    const { edges } = topologyOf({ ...parts(), observed });
    expect(edges.filter(({ kind }) => kind === 'publishes')).toEqual([
      { from: 'mutation:place', to: 'topic:orders', kind: 'publishes', types: ['Placed'] },
      { from: 'producer:/gateway', to: 'topic:orders', kind: 'publishes', types: ['OfAResolver'] },
      { from: 'producer:urn:bank "1"', to: 'topic:payments', kind: 'publishes', types: ['Paid'] },
      { from: 'service:till', to: 'topic:orders', kind: 'publishes', types: ['Confirmed'] },
    ]);
  });

  it('has the consumer groups of other programs, and the dead letters of each topic', () => {
    const { nodes, edges } = topologyOf({
      ...parts(),
      groups: [{ name: 'billing', topics: ['orders'] }],
      deadLetterSuffix: '.dlt',
    });
    expect(nodes.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'group:billing',
        'deadLetters:audit.dlt',
        'deadLetters:orders.dlt',
        'deadLetters:payments.dlt',
      ]),
    );
    expect(edges).toContainEqual({ from: 'topic:orders', to: 'group:billing', kind: 'reads', types: [] });
    expect(edges.filter(({ kind }) => kind === 'fails')).toEqual([
      { from: 'topic:audit', to: 'deadLetters:audit.dlt', kind: 'fails', types: [] },
      { from: 'topic:orders', to: 'deadLetters:orders.dlt', kind: 'fails', types: [] },
      { from: 'topic:payments', to: 'deadLetters:payments.dlt', kind: 'fails', types: [] },
    ]);
  });
});

describe('diagrams', () => {
  const source = 'urn:bank "1" \\ <b>#end</b>\n]';
  const topology = () =>
    topologyOf({
      ...parts(),
      observed: [{ topic: 'orders', source, type: 'Paid' }],
      groups: [{ name: 'billing "2"', topics: ['orders'] }],
      deadLetterSuffix: '.dlt',
    });

  it('in DOT are read by Graphviz, with names of any text', async () => {
    const viz = await instance();
    const { objects = [], edges = [] } = viz.renderJSON(dotOf(topology())) as {
      readonly objects?: readonly { readonly label?: string }[];
      readonly edges?: readonly unknown[];
    };
    expect(objects.map(({ label }) => label)).toContain('urn:bank "1" \\\\ <b>#end</b> ]');
    expect(objects.map(({ label }) => label)).toEqual(
      expect.arrayContaining(['billing "2"', 'orders.dlt', 'dead letters']),
    );
    expect(edges).toHaveLength(topology().edges.length);
  });

  it('show the lag of an edge where it is known', () => {
    const lagging = withLag(topology(), [
      { from: 'topic:orders', to: 'group:billing "2"', kind: 'reads', lag: 1_234 },
    ]);
    expect(mermaidOf(lagging)).toMatch(/n\d+ -- "lag 1234" --> n\d+/);
    expect(dotOf(lagging)).toContain('[label="lag 1234"]');
  });

  it('in Mermaid have names of any text as entities, one statement a line', () => {
    const lines = mermaidOf(topology()).split('\n');
    expect(lines[0]).toBe('flowchart LR');
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {4}n\d+\(\["urn:bank #34;1#34; #92; #60;b#62;#35;end#60;\/b#62; \]"\]\)$/),
    );
  });
});
