import type { TopologyFlowsSubscription, TopologyNodeKind, TopologyQuery } from './operations';

export type Topology = TopologyQuery['topology'];
export type MapNode = Topology['nodes'][number];
export type MapEdge = Topology['edges'][number];
export type Flows = TopologyFlowsSubscription['topologyFlows'];
export type Flow = Flows['edges'][number];
export type Group = Flows['groups'][number];

export interface Part {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

/** More nodes than this are a hairball: the map then shows one node and what is around it. */
export const MAX_CLEAR_NODES = 60;

/** The nodes of the kinds that are shown, and the edges between them. */
export function ofKinds({ nodes, edges }: Part, hidden: ReadonlySet<TopologyNodeKind>): Part {
  const shown = nodes.filter(({ kind }) => !hidden.has(kind));
  return { nodes: shown, edges: between(shown, edges) };
}

/** How far around a node the map goes: a mutation, its topic, and who reads that. */
const STEPS = 2;

/** A node, and what is at most two steps away. Everything, if there is no such node. */
export function around(part: Part, id: string): Part {
  if (!part.nodes.some((node) => node.id === id)) return part;
  const near = new Set([id]);
  for (let step = 0; step < STEPS; step++) {
    const before = new Set(near);
    for (const { from, to } of part.edges) {
      if (before.has(from)) near.add(to);
      if (before.has(to)) near.add(from);
    }
  }
  const nodes = part.nodes.filter((node) => near.has(node.id));
  return { nodes, edges: between(nodes, part.edges) };
}

function between(nodes: readonly MapNode[], edges: readonly MapEdge[]): readonly MapEdge[] {
  const ids = new Set(nodes.map(({ id }) => id));
  return edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
}

/** The node with most edges: where to begin on a large map. */
export function busiest({ nodes, edges }: Part): string | undefined {
  const count = new Map(nodes.map(({ id }) => [id, 0]));
  for (const { from, to } of edges) for (const id of [from, to]) count.set(id, (count.get(id) ?? 0) + 1);
  return [...count].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** How much moves through topics and fields a second, by the id of the node. What is not known is left out. */
export function ratesOf({ nodes }: Part, flows: Flows | undefined): ReadonlyMap<string, number> {
  const topics = new Map((flows?.topics ?? []).map(({ name, perSecond }) => [name, perSecond]));
  const rates = new Map((flows?.fields ?? []).map(({ node, perSecond }) => [node, perSecond]));
  for (const { id, kind, name } of nodes) {
    const rate = kind === 'TOPIC' || kind === 'DEAD_LETTERS' ? topics.get(name) : undefined;
    if (rate != null) rates.set(id, rate);
  }
  return rates;
}

const RATE = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const COUNT = new Intl.NumberFormat('en');

export const shownAmount = (perSecond: number): string => RATE.format(perSecond);
export const shownRate = (perSecond: number): string => `${shownAmount(perSecond)}/s`;
export const shownCount = (count: number | bigint): string => COUNT.format(count);

/** What stands on an edge. Empty: nothing moves, and nothing waits. */
export function labelOf(flow: Flow | undefined): string {
  if (flow === undefined) return '';
  const { perSecond, lag } = flow;
  return [
    ...(perSecond != null && perSecond > 0 ? [shownRate(perSecond)] : []),
    ...(lag != null && lag > 0 ? [`lag ${shownCount(lag)}`] : []),
  ].join(' · ');
}
