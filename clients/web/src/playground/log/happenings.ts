import type { EventContext } from 'millrace-client';
import type { Happening, Origin } from './entry.js';

/** The part of an answer of GraphQL that the log shows. */
export interface Result {
  readonly data?: unknown;
  readonly errors?: readonly unknown[] | undefined;
}

interface ResultContext {
  readonly origin: Origin;
  readonly cursor?: string | undefined;
  readonly event?: EventContext | undefined;
  /** The correlation id that a mutation was sent with. */
  readonly correlationId?: string | undefined;
}

const encoder = new TextEncoder();

export function resultHappening(
  { data, errors }: Result,
  { origin, cursor, event, correlationId }: ResultContext,
): Happening {
  const text = JSON.stringify(errors === undefined ? { data } : { data, errors });
  const first = firstField(data);
  // A retry with the same idempotency key has the correlation id of the first attempt: the answer knows better.
  const trace = textAt(first, 'correlationId') ?? correlationId ?? event?.id;
  return {
    kind: 'result',
    origin,
    text,
    bytes: encoder.encode(text).length,
    type: textAt(first, '__typename') ?? event?.type,
    hasErrors: errors !== undefined,
    cursor,
    event,
    trace,
  };
}

function firstField(data: unknown): unknown {
  return typeof data === 'object' && data !== null ? Object.values(data)[0] : undefined;
}

function textAt(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null || !(name in value)) return undefined;
  const found: unknown = Reflect.get(value, name);
  return typeof found === 'string' ? found : undefined;
}
