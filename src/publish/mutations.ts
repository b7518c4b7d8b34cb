import { v5 as uuidV5 } from 'uuid';
import type {
  EventDraft,
  GatewayContext,
  MutationCall,
  OutcomeRequest,
  PublishOptions,
} from '../binding/runtime/context.js';
import type { ViewReader } from '../binding/runtime/resolvers.js';
import { type Identity, subjectOf } from '../core/identity.js';
import type { Position } from '../core/position.js';
import type { Published } from '../core/published.js';
import type { TraceContext } from '../core/trace.js';
import { type Answer, provesNothingPublished } from './answer.js';
import type { Attempt, Idempotency } from './idempotency.js';
import { fingerprintOf } from './idempotency-record.js';
import type { Outcomes } from './outcomes.js';
import type { Publisher } from './publisher.js';

export interface MutationsOptions {
  readonly publisher: Publisher;
  readonly idempotency: Idempotency;
  readonly outcomes: Outcomes;
  /** The project's views. */
  readonly views?: MutationViews;
}

/** What resolvers can ask of views. */
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

/** Name space of correlation ids that belong to idempotency keys (RFC 9562 section 5.5). */
const CORRELATED = '0b0a5f1c-6d6e-5f39-9f43-2f2b3e0c7d55';

/** What the fields of an operation are given to publish with. Hot path (bench: mutations). */
export class Mutations {
  readonly #options: MutationsOptions;

  constructor(options: MutationsOptions) {
    this.#options = options;
  }

  context(caller: MutationCaller): GatewayContext {
    return new OperationScope(this.#options, caller);
  }
}

/** Who publishes; as another attempt, `since` the first one. */
type Publishing = MutationCaller & Partial<Pick<Attempt, 'since'>>;

/** Answers a field of Mutation. */
type Run<T> = (context: GatewayContext) => T | Promise<T>;

/** Publishes for those of one caller, and one idempotency key if there is one. */
class Scope implements GatewayContext {
  readonly idempotencyKey: string | undefined;
  protected readonly options: MutationsOptions;
  protected readonly caller: Publishing;
  /** By kind of event, with a key: how many there were. */
  #published: Map<string, number> | undefined;
  /** How many times something was published that is in the log, or may be. */
  #left = 0;

  constructor(options: MutationsOptions, caller: Publishing, key: string | undefined) {
    this.options = options;
    this.caller = caller;
    this.idempotencyKey = key;
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
    const { views } = this.options;
    return views && ((name) => views.reader(name));
  }

  get cursorOf(): ((at: Position) => Promise<string>) | undefined {
    const { views } = this.options;
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
    wanted: OutcomeRequest,
    options?: PublishOptions,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { identity, trace, signal, since } = this.caller;
    const { correlationId } = trace;
    const at = (position: Position): void => this.came(position);
    return this.options.outcomes.wait(wanted, { identity, correlationId, signal, since, at }, () =>
      this.#publish(drafts, options),
    );
  }

  mutate<T>(_call: MutationCall, run: Run<T>): T | Promise<T> {
    return run(this);
  }

  /** An event of this scope is there. */
  protected came(_at: Position): void {}

  protected get published(): boolean {
    return this.#left > 0;
  }

  async #publish(
    drafts: readonly EventDraft[],
    options: PublishOptions | undefined,
  ): Promise<readonly Published[]> {
    if (drafts.length === 0) return [];
    const { identity, trace, since } = this.caller;
    const subject = subjectOf(identity);
    const requests = drafts.map((draft) => {
      const idempotencyKey = this.#keyOf(draft, options);
      return { draft, trace, subject, idempotencyKey };
    });
    this.#left += 1;
    try {
      const all = await this.options.publisher.publish(requests, since);
      const last = all.at(-1);
      if (last !== undefined) this.came(last);
      return all;
    } catch (error) {
      if (provesNothingPublished(error)) this.#left -= 1;
      throw error;
    }
  }

  #keyOf({ topic, type, data }: EventDraft, options: PublishOptions | undefined): string | undefined {
    const [key, given] = [this.idempotencyKey, options?.idempotencyKey];
    if (key === undefined) return given === undefined ? undefined : JSON.stringify([given, data]);
    // D1: the key is for the whole field, and its second event is no retry of its first.
    this.#published ??= new Map();
    const kind = `${topic} ${type}`;
    const before = this.#published.get(kind) ?? 0;
    this.#published.set(kind, before + 1);
    return JSON.stringify(given === undefined ? [key, before] : [given, data]);
  }
}

/** The whole operation: each field of Mutation gets a scope of its own. */
class OperationScope extends Scope {
  /** By field, with a key of the whole operation: how often it was called. */
  #calls: Map<string, number> | undefined;
  #reached: Map<string, Position> | undefined;

  constructor(options: MutationsOptions, caller: MutationCaller) {
    super(options, caller, caller.idempotencyKey);
  }

  get reached(): ReadonlyMap<string, Position> | undefined {
    return this.#reached;
  }

  override mutate<T>(call: MutationCall, run: Run<T>): T | Promise<T> {
    const { key, args } = this.#keyOf(call);
    return key === undefined
      ? run(new FieldScope(this.options, this.caller, undefined, this, call.field))
      : this.#once(call.field, key, args, run);
  }

  async #once<T>(field: string, key: string, args: string, run: Run<T>): Promise<T> {
    const { caller, options } = this;
    const subject = subjectOf(caller.identity);
    // D1: an attempt anew makes the same event ids, whatever a resolver makes of the arguments.
    const id = JSON.stringify([field, key, args]);
    const correlationId = caller.correlated
      ? caller.trace.correlationId
      : uuidV5(JSON.stringify([subject ?? null, id]), CORRELATED);
    const work = (attempt: Attempt): Promise<Answer<T>> => {
      // An attempt goes on when who asked is gone: its answer is for whoever asks again.
      const { signal } = new AbortController();
      const trace = { ...caller.trace, correlationId: attempt.correlationId };
      const publishing = { ...caller, trace, signal, since: attempt.since };
      return new FieldScope(options, publishing, id, this, field).answer(run);
    };
    const call = { subject, field, key, args, correlationId };
    const answer = await options.idempotency.run(call, work, caller.signal);
    if (answer.reached !== undefined) this.reachedBy(field, answer.reached);
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  reachedBy(field: string, at: Position): void {
    if (this.options.views?.any !== true) return;
    this.#reached ??= new Map();
    this.#reached.set(field, at);
  }

  /** The key of the field's own argument; or else the operation's, which is another one for its second call. */
  #keyOf({ field, args: all }: MutationCall): { key: string | undefined; args: string } {
    const { idempotencyKey: given, ...others } = all;
    const own = typeof given === 'string' && given !== '' ? given : undefined;
    const ofOperation = this.idempotencyKey;
    if (own !== undefined) return { key: own, args: fingerprintOf(others) };
    if (!ofOperation) return { key: undefined, args: '' };
    this.#calls ??= new Map();
    const before = this.#calls.get(field) ?? 0;
    this.#calls.set(field, before + 1);
    return { key: before === 0 ? ofOperation : `${ofOperation} ${before}`, args: fingerprintOf(others) };
  }
}

/** One field of Mutation, or one attempt at it. */
class FieldScope extends Scope {
  readonly #operation: OperationScope;
  readonly #field: string;
  #at: Position | undefined;

  constructor(
    options: MutationsOptions,
    caller: Publishing,
    key: string | undefined,
    operation: OperationScope,
    field: string,
  ) {
    super(options, caller, key);
    this.#operation = operation;
    this.#field = field;
  }

  get reached(): ReadonlyMap<string, Position> | undefined {
    return this.#operation.reached;
  }

  async answer<T>(run: Run<T>): Promise<Answer<T>> {
    try {
      const value = await run(this);
      return { value, reached: this.#at };
    } catch (error) {
      return { error, published: this.published, reached: this.#at };
    }
  }

  protected override came(at: Position): void {
    this.#at = at;
    this.#operation.reachedBy(this.#field, at);
  }
}

const isList = (given: EventDraft | readonly EventDraft[]): given is readonly EventDraft[] =>
  Array.isArray(given);
