import type { Bindings } from '../binding/bindings.js';
import { topic as topicNamed } from '../core/ids.js';
import { GATEWAY_SOURCE, serviceSource } from '../core/sources.js';
import { deadLetterTopic } from '../dead-letters/topic-name.js';

/** The parts of a project, and everything else that was found in its topics, with the way of events between them. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly edges: readonly TopologyEdge[];
}

/**
 * `producer`: any other program that has written events to a topic. `group`: a consumer group of any other program.
 * `deadLetters`: a dead-letter topic.
 */
export type NodeKind =
  | 'mutation'
  | 'producer'
  | 'topic'
  | 'deadLetters'
  | 'service'
  | 'view'
  | 'group'
  | 'query'
  | 'subscription';

export interface TopologyNode {
  /** Unique, and the same for the same part: `topic:shop.orders`. */
  readonly id: string;
  readonly kind: NodeKind;
  /** The name of a field, topic, service, view or group, or the `source` of a producer's events. */
  readonly name: string;
}

/**
 * `publishes`: events go to a topic. `reads`: a service, view, group or subscription reads them there. `answers`: a mutation
 * waits for them. `shows`: a field shows the state of a view. `fails`: what cannot be processed goes to the dead letters.
 */
export type EdgeKind = 'publishes' | 'reads' | 'answers' | 'shows' | 'fails';

/** In the direction in which events go. */
export interface TopologyEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** The types of the events, sorted. Empty: all types, or any. */
  readonly types: readonly string[];
  /** Offsets that the reader has not read yet. Left out: not known. */
  readonly lag?: number;
}

/** Events that were found in a topic. */
export interface ObservedFlow {
  readonly topic: string;
  /** The CloudEvents `source` of the events. */
  readonly source: string;
  readonly type: string;
}

interface Reader {
  readonly name: string;
  readonly topics: readonly string[];
}

export interface TopologyParts {
  readonly bindings: Pick<Bindings, 'topics' | 'publishes' | 'subscribes' | 'views'>;
  readonly services: readonly Reader[];
  readonly views: readonly Reader[];
  /** What was found in the topics. Only this tells what services and resolvers publish, since their code decides that. */
  readonly observed?: readonly ObservedFlow[];
  /** Of `DEAD_LETTER_SUFFIX`. Left out: dead letters are not drawn. */
  readonly deadLetterSuffix?: string | undefined;
  /** The consumer groups of other programs that were found. */
  readonly groups?: readonly Reader[];
}

/** Draws the schema, the project, and what was found in the topics. The result is sorted: it depends on nothing else. */
export function topologyOf(parts: TopologyParts): Topology {
  const { bindings, services, views, observed = [], groups = [], deadLetterSuffix } = parts;
  const graph = new Graph();
  for (const topic of bindings.topics.keys()) graph.node('topic', topic);
  const published = new Set<string>();
  for (const { field, events, outcome } of bindings.publishes.values()) {
    const mutation = graph.node('mutation', field);
    for (const { topic, type } of events) {
      published.add(flowKey(topic, type));
      graph.edge(mutation, graph.node('topic', topic), 'publishes', [type]);
    }
    if (outcome !== undefined)
      graph.edge(graph.node('topic', outcome.topic), mutation, 'answers', outcome.types);
  }
  for (const { name, topics } of services) graph.reader('service', name, topics);
  for (const { name, topics } of views) graph.reader('view', name, topics);
  for (const { name, topics } of groups) graph.reader('group', name, topics);
  for (const { field, topic, types, view } of bindings.subscribes.values()) {
    const subscription = graph.node('subscription', field);
    // The type of a snapshot is not a type of an event.
    const events = [...types].filter((type) => type !== view?.type);
    graph.edge(graph.node('topic', topic), subscription, 'reads', events);
    if (view !== undefined) graph.edge(graph.node('view', view.name), subscription, 'shows', []);
  }
  for (const [field, { name }] of bindings.views)
    graph.edge(graph.node('view', name), graph.node('query', field), 'shows', []);

  const serviceOf = new Map(services.map(({ name }) => [serviceSource(name), name]));
  for (const { topic, source, type } of observed) {
    // A mutation with `@publish` has drawn it.
    if (source === GATEWAY_SOURCE && published.has(flowKey(topic, type))) continue;
    const service = serviceOf.get(source);
    const from = service === undefined ? graph.node('producer', source) : graph.node('service', service);
    graph.edge(from, graph.node('topic', topic), 'publishes', [type]);
  }
  if (deadLetterSuffix !== undefined) graph.deadLetters(deadLetterSuffix);
  return graph.finish();
}

interface Lag extends Pick<TopologyEdge, 'from' | 'to' | 'kind'> {
  readonly lag: number | undefined;
}

/** The same topology, with the lag of its edges where it is known. */
export function withLag({ nodes, edges }: Topology, lags: readonly Lag[]): Topology {
  const keyOf = ({ from, to, kind }: Omit<Lag, 'lag'>): string => JSON.stringify([from, to, kind]);
  const known = new Map(lags.map((one) => [keyOf(one), one.lag]));
  const lagging = edges.map((edge) => {
    const lag = known.get(keyOf(edge));
    return lag === undefined ? edge : { ...edge, lag };
  });
  return { nodes, edges: lagging };
}

const flowKey = (topic: string, type: string): string => JSON.stringify([topic, type]);

class Graph {
  readonly #nodes = new Map<string, TopologyNode>();
  readonly #edges = new Map<string, Omit<TopologyEdge, 'types'> & { readonly types: Set<string> }>();

  /** @returns its id */
  node(kind: NodeKind, name: string): string {
    const id = `${kind}:${name}`;
    if (!this.#nodes.has(id)) this.#nodes.set(id, { id, kind, name });
    return id;
  }

  edge(from: string, to: string, kind: EdgeKind, types: readonly string[]): void {
    const key = JSON.stringify([from, to, kind]);
    const edge = this.#edges.get(key) ?? { from, to, kind, types: new Set<string>() };
    // A tombstone names no type.
    for (const type of types) if (type !== '') edge.types.add(type);
    this.#edges.set(key, edge);
  }

  reader(kind: 'service' | 'view' | 'group', name: string, topics: readonly string[]): void {
    const reader = this.node(kind, name);
    for (const topic of topics) this.edge(this.node('topic', topic), reader, 'reads', []);
  }

  /** One for each topic. The relay is a reader of all of them, and every reader sets aside what it fails on. */
  deadLetters(suffix: string): void {
    for (const { id, kind, name } of [...this.#nodes.values()])
      if (kind === 'topic')
        this.edge(id, this.node('deadLetters', deadLetterTopic(topicNamed(name), suffix)), 'fails', []);
  }

  finish(): Topology {
    const edges = [...this.#edges]
      .sort(byKey)
      .map(([, edge]) => ({ ...edge, types: [...edge.types].sort() }));
    return { nodes: [...this.#nodes].sort(byKey).map(([, node]) => node), edges };
  }
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;
