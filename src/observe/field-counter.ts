import { Counter, type Registry } from 'prom-client';

/**
 * A counter with one label, the name of a field, for hot paths (bench: distinct). `add` only sums up in a map;
 * prom-client's own counter, which hashes its labels on each call, is brought up to date when metrics are scraped.
 */
export class FieldCounter {
  readonly #pending = new Map<string, number>();
  readonly #counter: Counter<'field'>;

  constructor(registry: Registry, name: string, help: string) {
    const collect = (): void => this.#flush();
    this.#counter = new Counter({ name, help, labelNames: ['field'], registers: [registry], collect });
  }

  add(field: string, count: number): void {
    this.#pending.set(field, (this.#pending.get(field) ?? 0) + count);
  }

  /** The counter's current values, as prom-client reports them. */
  get() {
    return this.#counter.get();
  }

  #flush(): void {
    for (const [field, count] of this.#pending) this.#counter.inc({ field }, count);
    this.#pending.clear();
  }
}
