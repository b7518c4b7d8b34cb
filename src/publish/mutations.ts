import { v5 as uuidV5 } from 'uuid';
import type {
  EventDraft,
  GatewayContext,
  MutationCall,
  OutcomeWanted,
  Publish,
  PublishOptions,
} from '../binding/context.js';
import type { ViewReader } from '../binding/resolvers.js';
import { type Identity, subjectOf } from '../core/identity.js';
import type { Position } from '../core/position.js';
import type { Published } from '../core/published.js';
import type { TraceContext } from '../core/trace.js';
import { type Attempt, fingerprintOf, type Idempotency } from './idempotency.js';
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

/** What the fields of an operation are given to publish with. */
export class Mutations {
  readonly #options: MutationsOptions;

  constructor(options: MutationsOptions) {
    this.#options = options;
  }

  context(caller: MutationCaller): GatewayContext {
    const calls = new Map<string, number>();
    const reached = new Map<string, Position>();
    const outer = this.#scoped(caller, caller.idempotencyKey, {
      reached,
      mutate: (call, run) => {
        const { key, args } = keyOf(call, caller.idempotencyKey, calls);
        const at = (position: Position): void => void reached.set(call.field, position);
        if (key === undefined) {
          const alone = this.#scoped(
            caller,
            undefined,
            { mutate: (_call, again) => again(alone), reached },
            at,
          );
          return run(alone);
        }
        const subject = subjectOf(caller.identity);
        // D1: an attempt anew makes the same event ids, whatever a resolver makes of the arguments.
        const id = JSON.stringify([call.field, key, args]);
        const trace = caller.correlated
          ? caller.trace
          : { ...caller.trace, correlationId: uuidV5(JSON.stringify([subject ?? null, id]), CORRELATED) };
        const work = async ({ since }: Attempt) => {
          // An attempt goes on when who asked is gone: its answer is for whoever asks again.
          const { signal } = new AbortController();
          const own = { ...caller, trace, signal, since };
          const inner = this.#scoped(own, id, { mutate: (_call, again) => again(inner), reached }, at);
          return run(inner);
        };
        const keyed = { subject, field: call.field, key, args };
        return this.#options.idempotency.run(keyed, work, caller.signal);
      },
    });
    return outer;
  }

  #scoped(
    caller: MutationCaller & Partial<Attempt>,
    key: string | undefined,
    { mutate, reached }: Pick<GatewayContext, 'mutate' | 'reached'>,
    at: (position: Position) => void = () => undefined,
  ): GatewayContext {
    const { identity, trace, since } = caller;
    const { views } = this.#options;
    const published = new Map<string, number>();
    const publishAll = async (
      drafts: readonly EventDraft[],
      options?: PublishOptions,
    ): Promise<readonly Published[]> => {
      const all = await this.#options.publisher.publish(
        drafts.map((draft) => {
          const kind = `${draft.topic} ${draft.type}`;
          const before = published.get(kind) ?? 0;
          published.set(kind, before + 1);
          const given = options?.idempotencyKey;
          // D1: the key is for the whole field, and its second event is no retry of its first.
          const own = key === undefined ? undefined : JSON.stringify([key, before]);
          const idempotencyKey = given === undefined ? own : JSON.stringify([given, draft.data]);
          return { draft, trace, subject: subjectOf(identity), idempotencyKey };
        }),
        since,
      );
      const last = all.at(-1);
      if (last !== undefined) at(last);
      return all;
    };
    const outcome = (
      drafts: readonly EventDraft[],
      wanted: OutcomeWanted,
      options?: PublishOptions,
    ): Promise<Readonly<Record<string, unknown>>> =>
      this.#options.outcomes.wait(
        wanted,
        { identity, correlationId: trace.correlationId, signal: caller.signal, since, at },
        () => publishAll(drafts, options),
      );
    return {
      identity,
      trace,
      idempotencyKey: key,
      // Made for who asks: most never do.
      get signal() {
        return caller.signal;
      },
      publish: publishWith(publishAll),
      outcome,
      mutate,
      ...(reached === undefined || views?.any !== true ? {} : { reached }),
      ...(views === undefined
        ? {}
        : {
            view: (name) => views.reader(name),
            cursorOf: (position) => views.cursorOf(position),
          }),
    };
  }
}

function publishWith(
  all: (drafts: readonly EventDraft[], options?: PublishOptions) => Promise<readonly Published[]>,
): Publish {
  function publish(draft: EventDraft, options?: PublishOptions): Promise<Published>;
  function publish(drafts: readonly EventDraft[], options?: PublishOptions): Promise<readonly Published[]>;
  async function publish(
    given: EventDraft | readonly EventDraft[],
    options?: PublishOptions,
  ): Promise<Published | readonly Published[]> {
    if (isList(given)) return given.length === 0 ? [] : all(given, options);
    const [published] = await all([given], options);
    if (published === undefined) throw new Error('The log answered with fewer positions than records');
    return published;
  }
  return publish;
}

const isList = (given: EventDraft | readonly EventDraft[]): given is readonly EventDraft[] =>
  Array.isArray(given);

/** The key of the field's own argument; or else the operation's, which is another one for its second call. */
function keyOf(
  { field, args: all }: MutationCall,
  ofOperation: string | undefined,
  calls: Map<string, number>,
): { key: string | undefined; args: string } {
  const { idempotencyKey: given, ...others } = all;
  const own = typeof given === 'string' && given !== '' ? given : undefined;
  if (own === undefined && !ofOperation) return { key: undefined, args: '' };
  const before = calls.get(field) ?? 0;
  if (own === undefined) calls.set(field, before + 1);
  const key = own ?? (before === 0 ? ofOperation : `${ofOperation} ${before}`);
  return { key, args: fingerprintOf(others) };
}
