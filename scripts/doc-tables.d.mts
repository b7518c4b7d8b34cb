import type { Registry } from 'prom-client';

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** The tables in the code that pages of docs/ repeat. */
interface CodeTables {
  readonly errors: Readonly<Record<string, { readonly retry: boolean; readonly means: string }>>;
  readonly closeCodes: Readonly<
    Record<
      string,
      { readonly code: number; readonly reason: string; readonly retry: boolean; readonly means: string }
    >
  >;
  readonly environment: Readonly<Record<string, string>>;
  readonly metrics: readonly Metric[];
}

/** Pages of docs/ by name, with their tables as the code has them. */
export function pagesWithTables(code: CodeTables): readonly (readonly [page: string, text: string])[];
export function metricsOf(registry: Registry): readonly Metric[];
