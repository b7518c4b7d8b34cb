import { describe, expect, it } from 'vitest';
import { layoutOf, NODE_HEIGHT, NODE_WIDTH } from '../../../src/console/map/layout';
import {
  around,
  busiest,
  labelOf,
  type MapEdge,
  type MapNode,
  ofKinds,
} from '../../../src/console/map/map-data';
import type { TopologyNodeKind } from '../../../src/console/map/operations';

const node = (kind: TopologyNodeKind, name: string): MapNode => ({
  id: `${kind}:${name}`,
  kind,
  name,
  signature: null,
  description: null,
});
const edge = (from: MapNode, to: MapNode): MapEdge => ({
  id: `${from.id}>${to.id}`,
  from: from.id,
  to: to.id,
  kind: 'READS',
  types: [],
});

/** As many lines of a mutation, a topic, its dead letters, a service and a subscription as asked for. */
function lines(count: number) {
  const nodes: MapNode[] = [];
  const edges: MapEdge[] = [];
  for (let i = 0; i < count; i++) {
    const mutation = node('MUTATION', `do${i}`);
    const topic = node('TOPIC', `t${i}`);
    const readers = [
      node('DEAD_LETTERS', `t${i}.dlt`),
      node('SERVICE', `s${i}`),
      node('SUBSCRIPTION', `n${i}`),
    ];
    nodes.push(mutation, topic, ...readers);
    edges.push(edge(mutation, topic), ...readers.map((reader) => edge(topic, reader)));
  }
  return { nodes, edges };
}

describe('the map', () => {
  it('lays out 300 parts from left to right in the direction of the events, and none on another', () => {
    const part = lines(60);
    const positions = layoutOf(part);
    expect(positions.size).toBe(300);
    for (const { from, to } of part.edges)
      expect(positions.get(from)?.x ?? 0).toBeLessThan(positions.get(to)?.x ?? 0);
    const placed = [...positions.values()];
    const overlaps = placed.flatMap((one, i) =>
      placed
        .slice(i + 1)
        .filter(({ x, y }) => Math.abs(one.x - x) < NODE_WIDTH && Math.abs(one.y - y) < NODE_HEIGHT),
    );
    expect(overlaps).toEqual([]);
  });

  it('lays out a cycle: a service that answers to the topic that it reads', () => {
    const [topic, service] = [node('TOPIC', 't'), node('SERVICE', 's')];
    const part = { nodes: [topic, service], edges: [edge(topic, service), edge(service, topic)] };
    expect(layoutOf(part).size).toBe(2);
  });

  it('shows what is at most two steps away from a part, and all of it for a part that is gone', () => {
    const part = lines(60);
    expect(around(part, 'MUTATION:do7').nodes.map(({ id }) => id)).toEqual([
      'MUTATION:do7',
      'TOPIC:t7',
      'DEAD_LETTERS:t7.dlt',
      'SERVICE:s7',
      'SUBSCRIPTION:n7',
    ]);
    expect(around(part, 'MUTATION:gone')).toBe(part);
    expect(busiest(part)).toBe('TOPIC:t0');
  });

  it('hides kinds with the edges that lead to them', () => {
    const { nodes, edges } = ofKinds(lines(1), new Set(['DEAD_LETTERS', 'SERVICE']));
    expect(nodes.map(({ kind }) => kind)).toEqual(['MUTATION', 'TOPIC', 'SUBSCRIPTION']);
    expect(edges).toHaveLength(2);
  });

  it('labels an edge with what moves and what waits, and nothing else', () => {
    const flow = { edge: 'e', perSecond: 1_234.5, lag: 12_000, isLagGrowing: false };
    expect(labelOf(flow)).toBe('1,230/s · lag 12,000');
    expect(labelOf({ ...flow, perSecond: 0, lag: null })).toBe('');
    expect(labelOf(undefined)).toBe('');
  });
});
