import { DiagLogLevel, diag, type TracerProvider } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

export interface SpanExport extends AsyncDisposable {
  readonly provider: TracerProvider;
}

/**
 * Exports spans over OTLP/HTTP. Everything but the name of the service comes from the environment, by OpenTelemetry's own
 * variables: endpoint, headers, certificates, sampler, limits, queue and resource. Spans that do not fit into the queue
 * are dropped (C4). Disposing sends what is queued.
 * @param serviceName if `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` name none
 * @param onProblem called with each warning and error of the SDK, such as a collector that does not answer
 */
export function openSpanExport(serviceName: string, onProblem: (message: string) => void): SpanExport {
  // The SDK reports through a global logger. A process has one exporter.
  const report = (message: string): void => onProblem(message);
  const silent = (): void => undefined;
  diag.setLogger(
    { error: report, warn: report, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const detectors = [hostDetector, serviceInstanceIdDetector, envDetector];
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': serviceName }))
    .merge(detectResources({ detectors }));
  // `BasicTracerProvider` reads OTEL_TRACES_SAMPLER. `TracerProvider` of @opentelemetry/sdk-trace does not.
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  return {
    provider,
    [Symbol.asyncDispose]: async () => {
      try {
        await provider.shutdown();
      } catch (error) {
        onProblem(error instanceof Error ? error.message : String(error));
      }
      diag.disable();
    },
  };
}
