import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import { backendsOf, type Config } from './config.js';

export interface Tracing extends AsyncDisposable {
  readonly tracer: EventTracer;
}

const isTraced = (config: Config): boolean =>
  !config.OTEL_SDK_DISABLED &&
  (config.OTEL_TRACES_EXPORTER ??
    (config.OTEL_EXPORTER_OTLP_ENDPOINT || config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ? 'otlp' : 'none')) ===
    'otlp';

/**
 * Opens the export of spans, if the environment asks for it. Only then is OpenTelemetry loaded. Dispose of it after the
 * node, whose last spans it sends.
 */
export async function openTracing(
  config: Config,
  role: string,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): Promise<Tracing | undefined> {
  if (!isTraced(config)) return undefined;
  const [{ openSpanExport }, { EventTracer: Tracer }, { IN_PROCESS }] = await Promise.all([
    import('../adapters/opentelemetry/exporter.js'),
    import('../observe/tracing/tracer.js'),
    import('../observe/tracing/conventions.js'),
  ]);
  const warnings = new WarningThrottle(logger);
  const exported = openSpanExport(role === 'start' ? 'millrace' : `millrace-${role}`, (message) => {
    metrics.problems.inc({ kind: 'telemetry' });
    warnings.report('telemetry', new Error(message), 'exporting spans failed; they are dropped');
  });
  const { log, fanout } = backendsOf(config);
  const tracer = new Tracer(exported.provider, {
    log: log.kind === 'kafka' ? log.kind : IN_PROCESS,
    fanout: fanout.kind === 'redis' ? fanout.kind : IN_PROCESS,
  });
  return {
    tracer,
    [Symbol.asyncDispose]: async () => {
      await exported[Symbol.asyncDispose]();
      warnings[Symbol.dispose]();
    },
  };
}
