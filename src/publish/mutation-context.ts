import type {
  EventDraft,
  GatewayContext,
  MutationCall,
  OutcomeRequest,
  PublishOptions,
} from '../binding/runtime/context.js';
import type { ViewReader } from '../binding/runtime/resolvers.js';
import { stringifyJson } from '../core/exact-json.js';
import { type Identity, subjectOf } from '../core/identity.js';
import type { Position } from '../core/position.js';
import type { Published } from '../core/published.js';
import type { TraceContext } from '../core/trace.js';
import { provesNothingPublished } from './answer.js';
import type { Idempotency } from './idempotency.js';
import type { Outcomes } from './outcomes.js';
import type { Publisher } from './publisher.js';

export interface MutationParts {
  readonly publisher: Publisher;
  readonly idempotency: Idempotency;
  readonly outcomes: Outcomes;
  /** The project's views. */
  readonly views?: MutationViews;
}

/** What resolvers can read of views. */
export interface MutationViews {
  /** Whether the project has any. */
  readonly any: boolean;
  reader(name: string): ViewReader;
  cursorOf(at: Position): Promise<string>;
}

/** The operation that mutations belong to. */
export interface MutationCaller {
  readonly identity: Identity;
  readonly trace: TraceContext;
  /** Whether the caller chose the correlation id. */
  readonly correlated: boolean;
  readonly idempotencyKey: string | undefined;
  readonly signal: AbortSignal;
}

/** The caller of one attempt. `since`: when the first attempt began, for a later one (milliseconds since 1970). */
export type AttemptCaller = MutationCaller & { readonly firstStartedAt?: number | undefined };

/** Runs a field of Mutation. */
export type RunField<T> = (context: GatewayContext) => T | Promise<T>;

/** Publishes for one caller, under one idempotency key or none. */
export class MutationContext implements GatewayContext {
  readonly idempotencyKey: string | undefined;
  protected readonly parts: MutationParts;
  protected readonly caller: AttemptCaller;
  /** How many events of each kind were published, by topic and type. Only counted with a key. */
  #countByKind: Map<string, number> | undefined;
  /** How many calls of `publish` have left events in the log, or may have. */
  #publishes = 0;

  constructor(parts: MutationParts, caller: AttemptCaller, idempotencyKey: string | undefined) {
    this.parts = parts;
    this.caller = caller;
    this.idempotencyKey = idempotencyKey;
  }

  get identity(): Identity {
    return this.caller.identity;
  }

  get trace(): TraceContext {
    return this.caller.trace;
  }

  get signal(): AbortSignal {
    return this.caller.signal;
  }

  get view(): ((name: string) => ViewReader) | undefined {
    const { views } = this.parts;
    return views && ((name) => views.reader(name));
  }

  get cursorOf(): ((at: Position) => Promise<string>) | undefined {
    const { views } = this.parts;
    return views && ((at) => views.cursorOf(at));
  }

  publish(draft: EventDraft, options?: PublishOptions): Promise<Published>;
  publish(drafts: readonly EventDraft[], options?: PublishOptions): Promise<readonly Published[]>;
  async publish(
    given: EventDraft | readonly EventDraft[],
    options?: PublishOptions,
  ): Promise<Published | readonly Published[]> {
    const all = await this.#publish(isList(given) ? given : [given], options);
    if (isList(given)) return all;
    const [published] = all;
    if (published === undefined) throw new Error('The log answered with fewer positions than records');
    return published;
  }

  outcome(
    drafts: readonly EventDraft[],
    request: OutcomeRequest,
    options?: PublishOptions,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { identity, trace, signal, firstStartedAt } = this.caller;
    const { correlationId } = trace;
    const onFound = (position: Position): void => this.onReached(position);
    return this.parts.outcomes.wait(
      request,
      { identity, correlationId, signal, firstStartedAt, onFound },
      () => this.#publish(drafts, options),
    );
  }

  mutate<T>(_call: MutationCall, run: RunField<T>): T | Promise<T> {
    return run(this);
  }

  /** Called with the position of an event that was published here, or waited for. */
  protected onReached(_at: Position): void {}

  /** Whether events were published here that are in the log, or may be. */
  protected get hasPublished(): boolean {
    return this.#publishes > 0;
  }

  async #publish(
    drafts: readonly EventDraft[],
    options: PublishOptions | undefined,
  ): Promise<readonly Published[]> {
    if (drafts.length === 0) return [];
    const { identity, trace, firstStartedAt } = this.caller;
    const subject = subjectOf(identity);
    const clientKey = this.caller.idempotencyKey ?? options?.idempotencyKey;
    const requests = drafts.map((draft) => {
      const idempotencyKey = this.#eventKey(draft, options);
      return { draft, trace, subject, idempotencyKey, clientKey };
    });
    this.#publishes += 1;
    try {
      const all = await this.parts.publisher.publish(requests, firstStartedAt);
      const last = all.at(-1);
      if (last !== undefined) this.onReached(last);
      return all;
    } catch (error) {
      if (provesNothingPublished(error)) this.#publishes -= 1;
      throw error;
    }
  }

  /** The idempotency key of one event, from which its id is derived. `undefined`: it gets a random id. */
  #eventKey({ topic, type, data }: EventDraft, options: PublishOptions | undefined): string | undefined {
    const [key, given] = [this.idempotencyKey, options?.idempotencyKey];
    if (key === undefined) return given === undefined ? undefined : stringifyJson([given, data]);
    // D1: the key stands for the whole field, whose second event is not a retry of its first.
    this.#countByKind ??= new Map();
    const kind = `${topic} ${type}`;
    const before = this.#countByKind.get(kind) ?? 0;
    this.#countByKind.set(kind, before + 1);
    return stringifyJson(given === undefined ? [key, before] : [given, data]);
  }
}

const isList = (given: EventDraft | readonly EventDraft[]): given is readonly EventDraft[] =>
  Array.isArray(given);
