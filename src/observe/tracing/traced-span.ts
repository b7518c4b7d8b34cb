import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import { MillraceError } from '../../core/errors.js';
import { ATTRIBUTES } from './conventions.js';
import { endWith } from './end-with.js';

/** A span that has started. End it once; a span that is never ended is not exported. */
export class TracedSpan {
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
  }

  /** The context of the span, as a header carries it. */
  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
  }

  end(attributes?: Attributes): void {
    if (attributes !== undefined) this.#span.setAttributes(attributes);
    this.#span.end();
  }

  /** Ends it with `work`, as `endWith` does. */
  during<T>(work: Promise<T>, failureOf?: (answer: T) => string | undefined): Promise<T> {
    return endWith([this], work, failureOf);
  }

  /** Ends it as failed. The message of an error may repeat data, so only its code or class is exported. */
  fail(error: unknown): void {
    this.failAs(typeOf(error));
  }

  failAs(type: string): void {
    this.#span.setAttribute(ATTRIBUTES.errorType, type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }
}

function typeOf(error: unknown): string {
  if (error instanceof MillraceError) return error.code;
  return error instanceof Error ? error.name : typeof error;
}
