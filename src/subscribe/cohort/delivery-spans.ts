import { ATTRIBUTES } from '../../observe/tracing/conventions.js';
import type { TracedSpan } from '../../observe/tracing/traced-span.js';

/** The spans of one batch of a cohort: one for each event that is traced, whatever the number of its members. */
export class DeliverySpans {
  readonly #spans: { readonly span: TracedSpan; readonly index: number; clients: number }[] = [];

  /** @param index of the event in the batch */
  add(span: TracedSpan, index: number): void {
    this.#spans.push({ span, index, clients: 0 });
  }

  /** A member has taken the first `count` results of the batch. */
  took(count: number): void {
    for (const one of this.#spans) if (one.index < count) one.clients += 1;
  }

  /**
   * Ends them once the frames are written to the sockets. C3: `WriteCoalescer` writes in a `setImmediate` that the delivery
   * has scheduled before this one, and Node runs them in order.
   */
  endAfterWrites(): void {
    setImmediate(() => {
      for (const { span, clients } of this.#spans) span.end({ [ATTRIBUTES.clients]: clients });
    });
  }
}
