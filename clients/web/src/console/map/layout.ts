import dagre from '@dagrejs/dagre';
import type { Part } from './map-data';

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 48;

/** Room for the label of an edge. */
const RANK_GAP = 120;
const NODE_GAP = 16;

/** Where each node stands: from left to right in the direction of the events. */
export function layoutOf({ nodes, edges }: Part): ReadonlyMap<string, { x: number; y: number }> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', ranksep: RANK_GAP, nodesep: NODE_GAP });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  return new Map(
    nodes.map(({ id }) => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      return [id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
}
