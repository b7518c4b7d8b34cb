import type { InMemorySpanExporter, ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** A span as tests look at it, exported in memory or over the wire. */
export interface SeenSpan {
  readonly name: string;
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  /** The ids of the spans that it links to. */
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
}

export function seenSpans(exporter: InMemorySpanExporter): readonly SeenSpan[] {
  return exporter.getFinishedSpans().map((span: ReadableSpan) => ({
    name: span.name,
    service: '',
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentId: span.parentSpanContext?.spanId,
    links: span.links.map(({ context }) => context.spanId),
    attributes: span.attributes,
    failed: span.status.code === 2,
  }));
}

/** Whether each span is the root or has its parent among the others. @returns the names of those that do not */
export function orphans(spans: readonly SeenSpan[], root: string): readonly string[] {
  const known = new Set([root, ...spans.map(({ spanId }) => spanId)]);
  return spans.filter(({ parentId }) => !known.has(parentId ?? '')).map(({ name }) => name);
}

const byId = (spans: readonly SeenSpan[], id: string | undefined) =>
  spans.find(({ spanId }) => spanId === id);

/** The operation names from a span up to the root: `deliver < create < handle < create < mutation`. */
export function ancestry(spans: readonly SeenSpan[], span: SeenSpan): string {
  const names: string[] = [];
  for (let at: SeenSpan | undefined = span; at !== undefined; at = byId(spans, at.parentId))
    names.push(at.name.split(' ')[0] ?? '');
  return names.join(' < ');
}

/**
 * What is missing of the steps of one event, whose trace is recorded: it is created once, sent, relayed and published, and
 * delivered once by each node that has clients for it.
 * @param clients how many each of these nodes has, ascending
 */
export function missingSteps(
  spans: readonly SeenSpan[],
  id: string,
  clients: readonly number[],
): readonly string[] {
  const of = (operation: string) =>
    spans.filter(
      ({ name, attributes }) => name.startsWith(`${operation} `) && attributes['messaging.message.id'] === id,
    );
  const [created, ...more] = of('create');
  if (created === undefined || more.length > 0) return [`${id}: ${more.length} creations`];
  const linked = (operation: string) =>
    spans.filter(({ name, links }) => name.startsWith(`${operation} `) && links.includes(created.spanId));
  const relayed = linked('relay');
  const published = spans.filter(
    ({ name, parentId }) => name.startsWith('publish ') && relayed.some(({ spanId }) => spanId === parentId),
  );
  const delivered = of('deliver').filter(({ parentId }) => parentId === created.spanId);
  const faults: string[] = [];
  const check = (what: string, is: unknown, wanted: unknown): void => {
    if (JSON.stringify(is) !== JSON.stringify(wanted)) faults.push(`${id}: ${what} ${is}, not ${wanted}`);
  };
  check('sent', linked('send').length, 1);
  check('relayed', relayed.length, 1);
  check('published', published.length, 1);
  check(
    'delivered to',
    delivered.map(({ attributes }) => Number(attributes['millrace.clients'])).sort((a, b) => a - b),
    clients,
  );
  return faults;
}
