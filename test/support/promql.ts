import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** A metric as the registry has it. */
export interface KnownMetric {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

/** What Prometheus itself adds to every series, and makes for every target. */
const TARGET_LABELS = ['job', 'instance'];
const UP: KnownMetric = { name: 'up', type: 'gauge', labelNames: [] };

export interface ReadExpression {
  /** What is wrong with it, a sentence each. */
  readonly faults: readonly string[];
  readonly metrics: ReadonlySet<string>;
  /** Labels that its result can have. */
  readonly labels: ReadonlySet<string>;
  /** The values that it compares labels with, by label. */
  readonly values: readonly (readonly [label: string, value: string])[];
}

/** Parses PromQL, and holds its metrics and labels against those that exist. */
export function readExpression(text: string, known: readonly KnownMetric[]): ReadExpression {
  const faults: string[] = [];
  const metrics = new Set<string>();
  const grouped = new Set<string>();
  const own = new Set(TARGET_LABELS);
  const values: [string, string][] = [];
  const textOf = ({ from, to }: { readonly from: number; readonly to: number }) => text.slice(from, to);
  const cursor = parser.parse(text).cursor();
  do {
    if (cursor.type.isError) faults.push(`does not parse at "${text.slice(cursor.from, cursor.from + 20)}"`);
    const { node } = cursor;
    if (node.name === 'VectorSelector') {
      const series = textOf(node.getChild('Identifier') ?? { from: 0, to: 0 });
      const metric = metricOf(series, known);
      if (metric === undefined) {
        faults.push(`no metric has the name ${series}`);
        continue;
      }
      metrics.add(metric.name);
      const labels = new Set([
        ...metric.labelNames,
        ...TARGET_LABELS,
        ...(series.endsWith('_bucket') ? ['le'] : []),
      ]);
      for (const label of labels) own.add(label);
      for (const matcher of node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []) {
        const label = textOf(matcher.getChild('LabelName') ?? { from: 0, to: 0 });
        const value = textOf(matcher.getChild('StringLiteral') ?? { from: 0, to: 0 }).slice(1, -1);
        if (!labels.has(label)) faults.push(`${metric.name} has no label ${label}`);
        for (const one of value.split('|')) values.push([label, one]);
      }
      for (const label of groupingOf(node, textOf))
        if (!labels.has(label)) faults.push(`${metric.name} has no label ${label} to group by`);
      const called = functionOf(node, textOf);
      const isCounter = metric.type !== 'gauge';
      if (isCounter && called !== 'rate' && called !== 'increase' && !isPresence(node))
        faults.push(`${metric.name} only ever grows: use its rate`);
      if (!isCounter && (called === 'rate' || called === 'increase'))
        faults.push(`${metric.name} is a gauge and has no rate`);
    }
    if (node.name === 'GroupingLabels' && node.parent?.name === 'AggregateModifier')
      for (const label of node.getChildren('LabelName')) grouped.add(textOf(label));
  } while (cursor.next());
  const aggregated = /\b(sum|min|max|count|topk|avg)\b/.test(text);
  return { faults, metrics, values, labels: aggregated ? grouped : own };
}

function metricOf(series: string, known: readonly KnownMetric[]): KnownMetric | undefined {
  return [...known, UP].find(({ name, type }) =>
    type === 'histogram'
      ? ['_bucket', '_sum', '_count'].some((suffix) => series === name + suffix)
      : series === name,
  );
}

/** The labels that the innermost aggregation around a selector groups by. */
function groupingOf(node: SyntaxNode, textOf: (node: SyntaxNode) => string): readonly string[] {
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) {
    if (at.name !== 'AggregateExpr') continue;
    const labels = at.getChild('AggregateModifier')?.getChild('GroupingLabels')?.getChildren('LabelName');
    return (labels ?? []).map(textOf);
  }
  return [];
}

/** The innermost function that is called with a selector. */
function functionOf(node: SyntaxNode, textOf: (node: SyntaxNode) => string): string | undefined {
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) {
    const name = at.name === 'FunctionCall' ? at.getChild('FunctionIdentifier') : null;
    if (name !== null) return textOf(name);
  }
  return undefined;
}

/** Whether an expression only asks if a series exists: `a unless a offset 10m`. */
function isPresence(node: SyntaxNode): boolean {
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent)
    if (at.name === 'BinaryExpr' && at.getChild('Unless') !== null) return true;
  return false;
}
