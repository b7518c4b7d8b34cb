import type { Client, SubscribeOptions } from './client.js';
import type { ClientError, ShownError } from './client-error.js';
import type { Document } from './document.js';
import type { MutateOptions } from './mutation.js';
import type { Step, Steps } from './steps.js';
import type { SubscriptionState } from './subscription-state.js';

/** The options of one operation, in the context of its framework as `millrace`. */
export interface MillraceOptions
  extends Omit<SubscribeOptions<object>, 'variables'>,
    Pick<MutateOptions<object>, 'idempotencyKey' | 'timeoutMs'> {
  /** Called with each state of a subscription, the first one included. */
  readonly onState?: (state: SubscriptionState) => void;
}

export interface AdapterOptions {
  /** `true`: the client runs mutations too, each with one idempotency key for all its attempts. */
  readonly mutations?: boolean;
}

export interface Request {
  readonly query: string;
  readonly variables: object | undefined;
}

/** A result as GraphQL has it; `extensions` has the rest of the step. Not readonly, because the frameworks' types are not. */
export interface Shown {
  data: Record<string, unknown> | null;
  errors?: ShownError[];
  extensions?: Record<string, unknown>;
}

/** A `TypeError` means that the document lacks a variable that an option needs. */
export type Failure = ClientError | TypeError;

export interface Sink {
  next(result: Shown): void;
  /** The subscription or mutation ended. */
  error(error: Failure): void;
  complete(): void;
}

/**
 * Starts a subscription whose key may be in use: a framework lets two components follow the same thing. Without a `key` of
 * its own, the second one keeps its position under another key, so that each resumes where it was.
 * @throws {ClientError} STORE_KEY_IN_USE for a `key` of its own, CLIENT_CLOSED
 */
export function subscribeBeside<Data, Variables extends object>(
  client: Client,
  document: Document<Data, Variables>,
  options: SubscribeOptions<Variables>,
): Steps<Data> {
  let defaultKey: unknown;
  for (let number = 1; ; number++) {
    const key = defaultKey === undefined ? {} : { key: `${defaultKey} #${number}` };
    try {
      return client.subscribe(document, { ...options, ...key });
    } catch (error) {
      const { code, extensions } = error as Partial<ClientError>; // A TypeError has neither.
      if (code !== 'STORE_KEY_IN_USE' || options.key !== undefined) throw error;
      defaultKey ??= extensions?.['key'];
    }
  }
}

/** Passes the results of a subscription to a framework, each as soon as the one before it was taken. @returns `stop` */
export function follow(
  client: Client,
  { query, variables }: Request,
  { onState, idempotencyKey: _, timeoutMs: __, ...options }: MillraceOptions,
  sink: Sink,
): () => void {
  let isStopped = false;
  try {
    const steps = subscribeBeside<Record<string, unknown>, object>(client, query, {
      ...options,
      ...(variables !== undefined && { variables }),
    });
    steps.observe({
      next: (step) => isStopped || sink.next(shown(step)),
      ...(onState !== undefined && { state: onState }),
      error: (error) => isStopped || sink.error(error),
      complete: () => isStopped || sink.complete(),
    });
    return () => {
      isStopped = true;
      steps.stop();
    };
  } catch (error) {
    sink.error(error as Failure); // `subscribe` throws these two.
    return () => undefined;
  }
}

/** Runs a mutation for a framework. @returns what ends its attempts; it may act nevertheless */
export function run(
  client: Client,
  { query, variables }: Request,
  { idempotencyKey, timeoutMs }: MillraceOptions,
  sink: Sink,
): () => void {
  const control = new AbortController();
  const { signal } = control;
  const options = {
    signal,
    ...(variables !== undefined && { variables }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  client.mutate<Record<string, unknown>, object>(query, options).then(
    (data) => {
      if (signal.aborted) return;
      sink.next({ data });
      sink.complete();
    },
    (error: Failure) => signal.aborted || sink.error(error),
  );
  return () => control.abort();
}

/** The errors of the server, if the server ended the operation. */
export function errorsOf(error: Failure): ShownError[] | undefined {
  return 'errors' in error && error.errors.length > 0 ? [...error.errors] : undefined;
}

function shown({ data, errors, cursor, event, replayed, snapshot }: Step<Record<string, unknown>>): Shown {
  const extensions = { cursor, event, replayed, snapshot };
  return { data, ...(errors !== undefined && { errors: [...errors] }), extensions };
}
