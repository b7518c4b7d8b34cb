import { v5 as uuidV5 } from 'uuid';
import type { MutationCall } from '../binding/runtime/context.js';
import { textProblem } from '../core/bounded-text.js';
import { MillraceError } from '../core/errors.js';
import { subjectOf } from '../core/identity.js';
import type { Position } from '../core/position.js';
import type { Answer } from './answer.js';
import type { AttemptContext } from './idempotency.js';
import { fingerprintOf } from './idempotency-record.js';
import {
  type AttemptCaller,
  type MutationCaller,
  MutationContext,
  type MutationParts,
  type RunField,
} from './mutation-context.js';

/** The UUID namespace of correlation ids that are derived from idempotency keys (RFC 9562, section 5.5). Never changes. */
const CORRELATION_NAMESPACE = '0b0a5f1c-6d6e-5f39-9f43-2f2b3e0c7d55';

/** The idempotency key of one call of a field. */
interface CallKey {
  readonly key: string | undefined;
  /** The fingerprint of the arguments. */
  readonly args: string;
  /** The key as the client has given it. */
  readonly given: string | undefined;
}

/** The context of an operation: each field of Mutation gets a context of its own. Hot path (bench: mutations). */
export class OperationContext extends MutationContext {
  /** How often each field was called under the operation's key, by name. */
  #callsByField: Map<string, number> | undefined;
  #reached: Map<string, Position> | undefined;

  constructor(parts: MutationParts, caller: MutationCaller) {
    super(parts, caller, caller.idempotencyKey);
  }

  get reached(): ReadonlyMap<string, Position> | undefined {
    return this.#reached;
  }

  override mutate<T>(call: MutationCall, run: RunField<T>): T | Promise<T> {
    const { key, args, given } = this.#keyOf(call);
    return key === undefined
      ? run(new FieldContext(this.parts, this.caller, undefined, this, call.field))
      : this.#runOnce(call.field, { key, args, given }, run);
  }

  /** D1: runs a field once for its key; every other call with the key gets the same answer. */
  async #runOnce<T>(
    field: string,
    { key, args, given }: CallKey & { readonly key: string },
    run: RunField<T>,
  ): Promise<T> {
    const { caller, parts } = this;
    const subject = subjectOf(caller.identity);
    // D1: a retry makes the same event ids, whatever the resolver makes of the arguments.
    const id = JSON.stringify([field, key, args]);
    const correlationId = caller.correlated
      ? caller.trace.correlationId
      : uuidV5(JSON.stringify([subject ?? null, id]), CORRELATION_NAMESPACE);
    const work = (attempt: AttemptContext): Promise<Answer<T>> => {
      // An attempt continues when its caller is gone: its answer is for every retry.
      const { signal } = new AbortController();
      const trace = { ...caller.trace, correlationId: attempt.correlationId };
      const { firstStartedAt } = attempt;
      const attemptCaller = { ...caller, trace, signal, firstStartedAt, idempotencyKey: given };
      return new FieldContext(parts, attemptCaller, id, this, field).answer(run);
    };
    const call = { subject, field, key, args, correlationId };
    const answer = await parts.idempotency.run(call, work, caller.signal);
    if (answer.reached !== undefined) this.setReached(field, answer.reached);
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  /** Notes the position of the last event that a field published or waited for. */
  setReached(field: string, at: Position): void {
    if (this.parts.views?.any !== true) return;
    this.#reached ??= new Map();
    this.#reached.set(field, at);
  }

  /**
   * The key of a call: the field's own argument, or else the operation's. Of the operation's key, each further call of a
   * field makes another key.
   */
  #keyOf({ field, args: all }: MutationCall): CallKey {
    const { idempotencyKey: given, ...others } = all;
    const own = typeof given === 'string' && given !== '' ? given : undefined;
    const ofOperation = this.idempotencyKey;
    if (own !== undefined) {
      // S4: bounded like the key of a header; both become a part of what is stored and logged.
      const problem = textProblem(own);
      if (problem !== undefined) throw new MillraceError('BAD_REQUEST', `\`idempotencyKey\` ${problem}.`);
      return { key: own, args: fingerprintOf(others), given: own };
    }
    if (!ofOperation) return { key: undefined, args: '', given: undefined };
    this.#callsByField ??= new Map();
    const before = this.#callsByField.get(field) ?? 0;
    this.#callsByField.set(field, before + 1);
    const key = before === 0 ? ofOperation : `${ofOperation} ${before}`;
    return { key, args: fingerprintOf(others), given: ofOperation };
  }
}

/** The context of one field of Mutation, or of one attempt at it. */
class FieldContext extends MutationContext {
  readonly #operation: OperationContext;
  readonly #field: string;
  #lastReached: Position | undefined;

  constructor(
    parts: MutationParts,
    caller: AttemptCaller,
    idempotencyKey: string | undefined,
    operation: OperationContext,
    field: string,
  ) {
    super(parts, caller, idempotencyKey);
    this.#operation = operation;
    this.#field = field;
  }

  get reached(): ReadonlyMap<string, Position> | undefined {
    return this.#operation.reached;
  }

  /** Runs the field. Never rejects: a failure is an answer, too. */
  async answer<T>(run: RunField<T>): Promise<Answer<T>> {
    try {
      const value = await run(this);
      return { value, reached: this.#lastReached };
    } catch (error) {
      return { error, published: this.hasPublished, reached: this.#lastReached };
    }
  }

  protected override onReached(at: Position): void {
    this.#lastReached = at;
    this.#operation.setReached(this.#field, at);
  }
}
