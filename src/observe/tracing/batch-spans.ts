import { endWith } from './end-with.js';
import type { TracedSpan } from './traced-span.js';

/** The spans of a batch, inner ones first: they start and end together. */
export class BatchSpans {
  readonly #spans: readonly TracedSpan[];

  constructor(spans: readonly TracedSpan[]) {
    this.#spans = spans;
  }

  /** Ends them with `work`, as `endWith` does. */
  during<T>(work: Promise<T>, failureOf?: (answer: T) => string | undefined): Promise<T> {
    return endWith(this.#spans, work, failureOf);
  }
}
