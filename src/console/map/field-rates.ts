import type { NodeRegistry } from '../../ports/node-registry.js';
import type { TopologyEdge } from '../../topology/topology.js';
import { readable } from '../monitor/overall.js';
import { sharedReading } from '../shared-reading.js';

/** Per second, over all nodes that can be heard. */
interface FieldRates {
  /** Results delivered, by field of Subscription. */
  readonly delivered: ReadonlyMap<string, number>;
  /** Events that gateways published, by topic. */
  readonly published: ReadonlyMap<string, number>;
  /** Why these are not of all nodes. */
  readonly gap: string | undefined;
}

/** Nodes report every two seconds. */
const MAX_AGE_MS = 1_900;
/** What code behind a mutation publishes has this source: the schema does not say whose it is. */
const CODE_OF_GATEWAY = 'producer:/gateway';

/** The log does not know fields: what moves there is what the nodes report. */
export function fieldRates(registry: Pick<NodeRegistry, 'list'>): () => Promise<FieldRates> {
  return sharedReading(async () => {
    const { nodes, unheard } = await registry.list();
    const reports = readable(nodes).reported.map(({ report }) => report);
    return {
      delivered: added(reports.map(({ deliveredByField }) => deliveredByField)),
      published: added(reports.map(({ publishedByTopic }) => publishedByTopic)),
      gap: unheard && `${unheard.replace(/\.$/, '')}: rates of fields are those of this node.`,
    };
  }, MAX_AGE_MS);
}

/** The rates of the parts that are fields, by the id of the part. A part that is left out has no rate that can be known. */
export function ratesOfFields(
  edges: readonly TopologyEdge[],
  { delivered, published }: Pick<FieldRates, 'delivered' | 'published'>,
): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  const ofGateways = new Map<string, string[]>();
  for (const { kind, from, to } of edges) {
    if (kind === 'reads' && to.startsWith('subscription:')) rates.set(to, delivered.get(nameIn(to)) ?? 0);
    if (kind === 'publishes' && (from.startsWith('mutation:') || from === CODE_OF_GATEWAY))
      ofGateways.set(to, [...(ofGateways.get(to) ?? []), from]);
  }
  const ambiguous = new Set<string>();
  for (const [topic, publishers] of ofGateways) {
    const [only, ...others] = publishers;
    // The nodes count by topic: with several mutations, whose an event is is not known.
    if (only === undefined || others.length > 0) for (const one of publishers) ambiguous.add(one);
    else if (only !== CODE_OF_GATEWAY)
      rates.set(only, (rates.get(only) ?? 0) + (published.get(nameIn(topic)) ?? 0));
  }
  for (const one of ambiguous) rates.delete(one);
  return rates;
}

const nameIn = (id: string): string => id.slice(id.indexOf(':') + 1);

function added(all: readonly (Readonly<Record<string, number>> | undefined)[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const one of all)
    for (const [name, rate] of Object.entries(one ?? {})) sums.set(name, (sums.get(name) ?? 0) + rate);
  return sums;
}
