import { topic } from '../../core/ids.js';
import type { NodeRegistry } from '../../ports/node-registry.js';
import type { LiveMap, MapState } from '../../topology/live-map.js';
import type { TopologyNode } from '../../topology/topology.js';
import type { ConsoleContext, ConsolePage, Payload } from '../page.js';
import { ticks } from '../ticks.js';
import { fieldRates, ratesOfFields } from './field-rates.js';
import { type TopicParts, topicDetails } from './topic-details.js';

export interface MapParts extends TopicParts {
  readonly live: Pick<LiveMap, 'read'>;
  readonly nodes: Pick<NodeRegistry, 'list'>;
}

const INTERVAL_MS = 2_000;

/** What talks to what, and what moves there. */
export function mapPage(parts: MapParts): ConsolePage {
  const { live, bindings } = parts;
  const rates = fieldRates(parts.nodes);
  return {
    Query: {
      topology: async (_args, { signal }) => topologyResult(await live.read(signal), bindings),
      topologyTopic: async ({ name }: { name: string }, { signal }) => {
        const { topology } = await live.read(signal);
        const isOnMap = topology.nodes.some(
          (node) => node.name === name && (node.kind === 'topic' || node.kind === 'deadLetters'),
        );
        return isOnMap ? await topicDetails(topic(name), parts, signal) : undefined;
      },
    },
    Subscription: { topologyFlows: (_args, context) => flows(live, rates, context) },
  };
}

async function* flows(
  live: MapParts['live'],
  rates: ReturnType<typeof fieldRates>,
  { signal }: ConsoleContext,
): AsyncGenerator<Payload> {
  for await (const _ of ticks(INTERVAL_MS, signal)) {
    const state = await live.read(signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (state === undefined) return;
    yield { data: flowsResult(state, await rates()) };
  }
}

/** Enum values of the SDL are written in capitals. */
const NODE_KINDS = {
  mutation: 'MUTATION',
  producer: 'PRODUCER',
  topic: 'TOPIC',
  deadLetters: 'DEAD_LETTERS',
  service: 'SERVICE',
  view: 'VIEW',
  group: 'GROUP',
  query: 'QUERY',
  subscription: 'SUBSCRIPTION',
} as const;

const edgeId = ({ from, to, kind }: { from: string; to: string; kind: string }): string =>
  JSON.stringify([from, to, kind]);

function topologyResult({ topology, version }: MapState, bindings: MapParts['bindings']) {
  return {
    version,
    nodes: topology.nodes.map((node) => ({
      ...node,
      ...fieldOf(node, bindings),
      kind: NODE_KINDS[node.kind],
    })),
    edges: topology.edges.map((edge) => ({ ...edge, id: edgeId(edge), kind: edge.kind.toUpperCase() })),
  };
}

/** What the schema says of a field. */
function fieldOf({ kind, name }: TopologyNode, { schema }: MapParts['bindings']) {
  const root = {
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
    query: schema.getQueryType(),
  };
  const field =
    kind === 'mutation' || kind === 'subscription' || kind === 'query'
      ? root[kind]?.getFields()[name]
      : undefined;
  if (field === undefined) return {};
  const args = field.args.map((arg) => `${arg.name}: ${arg.type}`).join(', ');
  const signature = `${field.name}${args === '' ? '' : `(${args})`}: ${field.type}`;
  return { signature, description: field.description };
}

function flowsResult(
  { version, at, topology, flows, rates, groups, ends, gaps }: MapState,
  ofFields: Awaited<ReturnType<ReturnType<typeof fieldRates>>>,
) {
  return {
    version,
    at: at.toISOString(),
    edges: flows
      .filter(({ perSecond, lag }) => perSecond !== undefined || lag !== undefined)
      .map((flow) => ({ ...flow, edge: edgeId(flow) })),
    topics: [...ends].map(([name, of]) => ({
      name,
      perSecond: rates.get(name),
      written: of.reduce<number>((sum, end) => sum + end, 0),
    })),
    fields: [...ratesOfFields(topology.edges, ofFields)].map(([node, perSecond]) => ({ node, perSecond })),
    groups,
    gaps: [...gaps, ...(ofFields.gap === undefined ? [] : [ofFields.gap])],
  };
}
