/** What stands for the id of a trace in `TRACE_URL`. */
const PLACEHOLDER = '{traceId}';

/** The address of a trace in an OpenTelemetry backend. */
export type TraceLink = (traceId: string) => string;

/** @param template `TRACE_URL` */
export function traceLink(template: string | undefined): TraceLink | undefined {
  return template === undefined ? undefined : (traceId) => template.replaceAll(PLACEHOLDER, traceId);
}
