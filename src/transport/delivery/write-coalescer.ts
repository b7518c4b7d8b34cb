import { TemplateWriter } from './template-writer.js';

/** What a `WriteCoalescer` flushes. */
interface Flushable {
  flush(): void;
}

/**
 * Joins the writes of one tick of the event loop (C3): each buffer that got something during the tick is
 * flushed once, after the tick's I/O callbacks. One per node, so that clients that receive the same templates
 * are flushed in a row and share one scratch buffer.
 */
export class WriteCoalescer {
  readonly templateWriter = new TemplateWriter();
  readonly #scheduled = new Set<Flushable>();

  schedule(buffer: Flushable): void {
    if (this.#scheduled.size === 0) setImmediate(() => this.#flush());
    this.#scheduled.add(buffer);
  }

  #flush(): void {
    const buffers = [...this.#scheduled];
    // Cleared first: a flush may schedule its buffer again, for the next tick.
    this.#scheduled.clear();
    for (const buffer of buffers) buffer.flush();
    this.templateWriter.clear();
  }
}
