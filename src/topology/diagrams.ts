import type { EdgeKind, NodeKind, Topology, TopologyEdge } from './topology.js';

/** The columns, in the direction of the events. */
const COLUMNS: readonly { readonly kind: NodeKind; readonly title: string }[] = [
  { kind: 'mutation', title: 'mutations' },
  { kind: 'producer', title: 'other producers' },
  { kind: 'topic', title: 'topics' },
  { kind: 'deadLetters', title: 'dead letters' },
  { kind: 'service', title: 'services' },
  { kind: 'view', title: 'views' },
  { kind: 'group', title: "other programs' consumer groups" },
  { kind: 'query', title: 'queries' },
  { kind: 'subscription', title: 'subscriptions' },
];

/** A flowchart of Mermaid. */
export function mermaidOf(topology: Topology): string {
  const ids = shortIds(topology);
  const groups = groupsOf(topology).flatMap(({ kind, title, nodes }) => [
    `  subgraph ${kind}s["${title}"]`,
    ...nodes.map(({ id, name }) => `    ${ids.get(id)}${MERMAID_SHAPES[kind](mermaidText(name))}`),
    '  end',
  ]);
  const edges = topology.edges.map(
    (edge) =>
      `  ${ids.get(edge.from)} ${MERMAID_ARROWS[edge.kind](mermaidText(labelOf(edge)))} ${ids.get(edge.to)}`,
  );
  return ['flowchart LR', ...groups, ...edges, ''].join('\n');
}

const box = (label: string): string => `["${label}"]`;
const MERMAID_SHAPES: Readonly<Record<NodeKind, (label: string) => string>> = {
  mutation: (label) => `(["${label}"])`,
  producer: (label) => `(["${label}"])`,
  topic: (label) => `[("${label}")]`,
  deadLetters: (label) => `[("${label}")]`,
  service: box,
  group: (label) => `[["${label}"]]`,
  view: (label) => `[/"${label}"/]`,
  query: (label) => `(["${label}"])`,
  subscription: (label) => `(["${label}"])`,
};
const line = (label: string): string => (label === '' ? '-->' : `-- "${label}" -->`);
const dotted = (label: string): string => (label === '' ? '-.->' : `-. "${label}" .->`);
const MERMAID_ARROWS: Readonly<Record<EdgeKind, (label: string) => string>> = {
  publishes: line,
  reads: line,
  answers: dotted,
  shows: line,
  fails: dotted,
};

/** Escapes as entity codes what Mermaid would read as markup or as the end of a text. */
const mermaidText = (text: string): string =>
  oneLine(text).replace(/["#&<>`\\]/g, (char) => `#${char.charCodeAt(0)};`);

/** A graph in DOT, the language of Graphviz. */
export function dotOf(topology: Topology): string {
  const ids = shortIds(topology);
  const groups = groupsOf(topology).flatMap(({ kind, title, nodes }) => [
    `  subgraph cluster_${kind} {`,
    `    label=${dotText(title)};`,
    ...nodes.map(({ id, name }) => `    ${ids.get(id)} [label=${dotText(name)}, shape=${DOT_SHAPES[kind]}];`),
    '  }',
  ]);
  const edges = topology.edges.map((edge) => {
    const style = edge.kind === 'answers' || edge.kind === 'fails' ? ', style=dashed' : '';
    return `  ${ids.get(edge.from)} -> ${ids.get(edge.to)} [label=${dotText(labelOf(edge))}${style}];`;
  });
  return ['digraph millrace {', '  rankdir=LR;', ...groups, ...edges, '}', ''].join('\n');
}

const DOT_SHAPES: Readonly<Record<NodeKind, string>> = {
  mutation: 'oval',
  producer: 'oval',
  topic: 'cylinder',
  deadLetters: 'cylinder',
  group: 'component',
  service: 'box',
  view: 'folder',
  query: 'oval',
  subscription: 'oval',
};

const dotText = (text: string): string => `"${oneLine(text).replace(/[\\"]/g, (char) => `\\${char}`)}"`;

/** Both languages end a statement where a line ends. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

/** More types than this would hide the picture. */
const MAX_TYPES = 3;

function labelOf({ types, lag }: TopologyEdge): string {
  const shown = types.slice(0, MAX_TYPES).join(', ');
  const label = types.length <= MAX_TYPES ? shown : `${shown} and ${types.length - MAX_TYPES} more`;
  if (lag === undefined) return label;
  return label === '' ? `lag ${lag}` : `${label} (lag ${lag})`;
}

const groupsOf = ({ nodes }: Topology) =>
  COLUMNS.map((column) => ({ ...column, nodes: nodes.filter(({ kind }) => kind === column.kind) })).filter(
    (column) => column.nodes.length > 0,
  );

/** Identifiers for the nodes: neither language accepts arbitrary text as one. */
const shortIds = ({ nodes }: Topology): ReadonlyMap<string, string> =>
  new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
