/** The API of the process that takes the spans. */
export interface CollectorApi {
  /** @returns the URL for `OTEL_EXPORTER_OTLP_ENDPOINT` */
  listen(): Promise<string>;
  /** How many bytes of spans have arrived. */
  received(): number;
}
