import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { metricsOf } from '../../scripts/doc-tables.mjs';
import { Metrics } from '../../src/observe/metrics.js';
import { readExpression } from '../support/promql.js';

const root = resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const known = z
  .array(z.object({ name: z.string(), type: z.string(), labelNames: z.array(z.string()) }))
  .parse(metricsOf(new Metrics().registry));
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join('src', name)))
  .join('\n');

const Rule = z.object({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.object({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.object({ summary: z.string(), action: z.string(), runbook: z.string() }),
});
const rules = z
  .object({ groups: z.array(z.object({ rules: z.array(Rule) })) })
  .parse(parse(read('deploy/prometheus/alerts.yml')))
  .groups.flatMap((group) => group.rules);

const Panel = z.looseObject({
  title: z.string(),
  type: z.string(),
  description: z.string().default(''),
  targets: z.array(z.looseObject({ expr: z.string(), legendFormat: z.string() })).default([]),
});
const panels = z
  .looseObject({ panels: z.array(Panel) })
  .parse(JSON.parse(read('deploy/grafana/millrace.json')))
  .panels.filter(({ type }) => type !== 'row');
const expressionsOf = ({ targets }: z.infer<typeof Panel>) =>
  targets.map(({ expr, legendFormat }) => ({
    read: readExpression(expr.replaceAll('$__rate_interval', '5m'), known),
    legendFormat,
  }));

/** The heading of a page that a link names, as GitHub makes its anchor. */
const anchors = new Set(
  [...read('docs/operating.md').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  ),
);

describe('the alert rules', () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s names metrics, labels and kinds that exist, and says what to do',
    (_name, { expr, annotations: { summary, action, runbook } }) => {
      const { faults, labels, values } = readExpression(expr, known);
      expect(faults).toEqual([]);
      const shown = [...`${summary} ${action}`.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      expect(shown.filter((label) => !labels.has(label))).toEqual([]);
      const kinds = values.filter(([label]) => label === 'kind').map(([, value]) => value);
      expect(kinds.filter((kind) => !sources.includes(`'${kind}'`))).toEqual([]);
      for (const sentence of [summary, action]) expect(sentence).toMatch(/^\S.*\.$/);
      const [page, anchor = ''] = runbook.split('#');
      expect(page).toBe('docs/operating.md');
      expect(anchors).toContain(anchor);
    },
  );

  it('the alert rules have different names', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

describe('the dashboard', () => {
  it.each(panels.map((panel) => [panel.title, panel] as const))(
    'the panel "%s" asks for metrics and labels that exist, and says what it shows',
    (_title, panel) => {
      expect(panel.description).toMatch(/^\S.*\.$/);
      expect(panel.targets.length).toBeGreaterThan(0);
      for (const { read: expression, legendFormat } of expressionsOf(panel)) {
        expect(expression.faults).toEqual([]);
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        expect(shown.filter((label) => !expression.labels.has(label))).toEqual([]);
      }
    },
  );

  it('shows every metric', () => {
    const shown = new Set(panels.flatMap(expressionsOf).flatMap(({ read: { metrics } }) => [...metrics]));
    expect(known.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe('the check of expressions finds', () => {
  it.each([
    ['sum(rate(millrace_deliverys_total[5m]))', 'no metric has the name millrace_deliverys_total'],
    ['sum by (topic) (rate(millrace_deliveries_total[5m]))', 'millrace_deliveries_total has no label topic'],
    ['sum(rate(millrace_deliveries_total{topic="a"}[5m]))', 'millrace_deliveries_total has no label topic'],
    ['sum(millrace_deliveries_total)', 'millrace_deliveries_total only ever grows'],
    ['sum(rate(millrace_subscriptions[5m]))', 'millrace_subscriptions is a gauge'],
    ['sum(millrace_subscriptions', 'does not parse'],
  ])('a mistake in %s', (expression, fault) => {
    expect(readExpression(expression, known).faults.join()).toContain(fault);
  });
});
