import type { Identity } from '../core/identity.js';
import type { Topic } from '../core/ids.js';
import type { Published } from '../core/published.js';
import type { TraceContext } from '../core/trace.js';

/** An event that somebody wants to publish. */
export interface EventDraft {
  readonly topic: Topic;
  readonly type: string;
  readonly key: string;
  /** Plain JSON of the shape of `type`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What every resolver is given as its third argument, the same for all fields of one operation. */
export interface GatewayContext {
  readonly identity: Identity;
  readonly trace: TraceContext;
  /** Of the `Idempotency-Key` header or the operation's `extensions`. */
  readonly idempotencyKey: string | undefined;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  /**
   * Resolves once the event is in the log.
   * @throws {MillraceError} OVERLOADED, PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE
   */
  publish(draft: EventDraft, options?: { readonly idempotencyKey?: string | undefined }): Promise<Published>;
}
