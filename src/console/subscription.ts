import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
} from 'graphql';
import { clientError, formattedError, type ReportInternal } from '../core/client-error.js';
import type { Identity } from '../core/identity.js';
import type { OperationRequest } from '../operation/request.js';
import type { ActiveSubscription, ResultSink } from '../subscribe/delivery/result-sink.js';
import type { ConsoleContext, Payload } from './page.js';
import { consoleResult } from './result.js';

interface ConsoleSubscriptionParts {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly request: OperationRequest;
  /** S1, S2: throws unless the identity may see the console. */
  readonly check: (identity: Identity) => void;
  readonly report: ReportInternal;
  readonly sink: ResultSink;
  readonly onEnd: () => void;
}

/**
 * One subscription of the console. It asks its source for the next payload when the sink has taken the one before, so
 * at most one is in memory, whatever the client reads (S4, D8).
 */
export class ConsoleSubscription implements ActiveSubscription {
  readonly #parts: ConsoleSubscriptionParts;
  readonly #abort = new AbortController();
  #identity: Identity;
  #wake: (() => void) | undefined;

  constructor(identity: Identity, parts: ConsoleSubscriptionParts) {
    this.#identity = identity;
    this.#parts = parts;
  }

  start(after: string | undefined): void {
    const subscription = this;
    const context: ConsoleContext = {
      get identity() {
        return subscription.#identity;
      },
      signal: this.#abort.signal,
      after,
    };
    this.#run(context).catch((error: unknown) => this.#fail(error));
  }

  onDrained(): void {
    this.#wake?.();
  }

  renew(identity: Identity): void {
    this.#identity = identity;
    try {
      this.#parts.check(identity);
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#wake?.();
    this.#parts.onEnd();
  }

  async #run(context: ConsoleContext): Promise<void> {
    const { schema, document, request, check, sink } = this.#parts;
    const operation = {
      schema,
      document,
      operationName: request.operationName,
      variableValues: request.variables,
      contextValue: context,
    };
    check(this.#identity);
    const source = await createSourceEventStream(operation);
    if (!(Symbol.asyncIterator in source)) return this.#end(() => sink.error(this.#shown(source)));
    // Of a resolver of the console, which returns payloads. Leaving the loop ends the source.
    for await (const payload of source as AsyncIterable<Payload>) {
      if (context.signal.aborted) return;
      const result = await execute({ ...operation, rootValue: payload });
      const { errors } = result;
      const shown =
        errors === undefined ? result : { ...result, errors: errors.map((error) => this.#shownError(error)) };
      await this.#give(shown, payload.cursor);
    }
    this.#end(() => sink.complete());
  }

  /** Gives the sink a result as soon as it has room. */
  async #give(result: ExecutionResult, cursor: string | undefined): Promise<void> {
    const shared = consoleResult(result, cursor, new Date());
    while (!this.#abort.signal.aborted && !this.#parts.sink.next(shared, '')) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #shownError(error: unknown) {
    return clientError(error, this.#parts.report);
  }

  #shown({ errors = [] }: ExecutionResult) {
    return errors.map((error) => this.#shownError(error).toJSON());
  }

  #fail(error: unknown): void {
    this.#end(() =>
      this.#parts.sink.error([formattedError(error, this.#parts.report, 'The subscription failed.')]),
    );
  }

  /** @param tell the sink */
  #end(tell: () => void): void {
    if (this.#abort.signal.aborted) return;
    this.close();
    tell();
  }
}
