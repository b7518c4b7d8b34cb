import { Counter, type Registry } from 'prom-client';

/**
 * A counter with the name of a field as its label, for hot paths: what is added becomes part of the metric when
 * that is asked for (bench: distinct).
 */
export class FieldCounter {
  readonly #added = new Map<string, number>();
  readonly #counter: Counter<'field'>;

  constructor(registry: Registry, name: string, help: string) {
    const collect = (): void => this.#settle();
    this.#counter = new Counter({ name, help, labelNames: ['field'], registers: [registry], collect });
  }

  add(field: string, count: number): void {
    this.#added.set(field, (this.#added.get(field) ?? 0) + count);
  }

  get() {
    return this.#counter.get();
  }

  #settle(): void {
    for (const [field, count] of this.#added) this.#counter.inc({ field }, count);
    this.#added.clear();
  }
}
