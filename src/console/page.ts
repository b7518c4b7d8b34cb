import type { Identity } from '../core/identity.js';

/** What the resolvers of the console know of their caller. */
export interface ConsoleContext {
  /** Renewed credentials take the place of the former ones, so read it when it is needed. */
  readonly identity: Identity;
  /** Aborted when the caller leaves, or its subscription ends: whatever an operation does stops then (S4). */
  readonly signal: AbortSignal;
  /** The cursor of the last payload that the caller has, if it resumes a subscription. Its page made it: check it. */
  readonly after: string | undefined;
}

/** One result of a subscription. */
export interface Payload<Data = unknown> {
  readonly data: Data;
  /** Where a caller that has this payload resumes: letters, digits and `-._~` alone. Left out: it starts again. */
  readonly cursor?: string;
}

/**
 * Resolves a field of a root type. The arguments are coerced by the SDL, which a page's own types repeat. As methods,
 * whose parameters TypeScript compares both ways.
 */
type RootField<Result> = {
  resolve(args: Readonly<Record<string, unknown>>, context: ConsoleContext): Result;
}['resolve'];

/**
 * The part of the console's schema that one page needs. Objects are plain: a property or a method of the same name
 * resolves each of their fields, and `__typename` the type of a union's or interface's members.
 */
export interface ConsolePage {
  /** Its queries know their answers. Those of other pages wait for their turn (S4). */
  readonly readsNothing?: true;
  readonly Query?: Readonly<Record<string, RootField<unknown>>>;
  readonly Mutation?: Readonly<Record<string, RootField<unknown>>>;
  /**
   * The next payload is asked for when the caller has taken the one before, so a source that makes payloads by itself
   * MUST bound what waits (C4). It MUST end when the signal of its context is aborted.
   */
  readonly Subscription?: Readonly<
    Record<string, RootField<AsyncIterable<Payload> | Promise<AsyncIterable<Payload>>>>
  >;
}
