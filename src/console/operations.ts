import { type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { clientError, type ReportInternal, reportOf } from '../core/client-error.js';
import type { Identity } from '../core/identity.js';
import { internalErrors } from '../observe/internal-errors.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { DocumentValidator, type OperationLimits } from '../operation/document-validator.js';
import type { Operations, Prepared } from '../operation/operations.js';
import { prepareOperation } from '../operation/prepare.js';
import { refusal } from '../operation/refusal.js';
import type { Caller, OperationRequest } from '../operation/request.js';
import type { ActiveSubscription, ResultSink } from '../subscribe/delivery/result-sink.js';
import { checkRole } from './role.js';
import { ConsoleSubscription } from './subscription.js';

interface ConsoleOperationsParts {
  readonly schema: GraphQLSchema;
  /** The role that callers need; `undefined`: none. */
  readonly role: string | undefined;
  readonly limits: OperationLimits;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Runs the operations of the console, for all transports of the gateway. */
export class ConsoleOperations implements Operations {
  readonly #schema: GraphQLSchema;
  readonly #documents: DocumentValidator;
  readonly #report: ReportInternal;
  readonly #metrics: Metrics;
  /** S1, S2: the only check, of every operation, and again when credentials are renewed. */
  readonly #check: (identity: Identity) => void;

  constructor({ schema, role, limits, logger, metrics }: ConsoleOperationsParts) {
    this.#schema = schema;
    this.#documents = new DocumentValidator(this.#schema, limits);
    this.#report = internalErrors(logger, metrics, 'a page of the console failed', 'console');
    this.#metrics = metrics;
    this.#check = (identity) => checkRole(role, identity);
  }

  prepare(request: OperationRequest): Prepared {
    return prepareOperation(this.#schema, this.#documents, request);
  }

  async run(prepared: Prepared, caller: Caller): Promise<ExecutionResult> {
    try {
      this.#check(caller.identity);
    } catch (error) {
      return { errors: [clientError(error, this.#report)] };
    }
    if (prepared.kind === 'invalid') return this.#shown({ errors: prepared.errors });
    if (prepared.kind === 'subscription')
      return { errors: [refusal('BAD_REQUEST', 'A subscription needs a WebSocket or an event stream.')] };
    const { document, request } = prepared;
    const { identity, signal, after } = caller;
    const result = await execute({
      schema: this.#schema,
      document,
      operationName: request.operationName,
      variableValues: request.variables,
      contextValue: { identity, signal, after },
    });
    const report = reportOf(this.#report, { document, operationName: request.operationName }, caller);
    return this.#shown(result, report);
  }

  subscribe(prepared: Prepared, caller: Caller, sink: ResultSink): ActiveSubscription {
    if (prepared.kind !== 'subscription') {
      const errors =
        prepared.kind === 'invalid'
          ? prepared.errors
          : [refusal('BAD_REQUEST', 'The operation is not a subscription.')];
      queueMicrotask(() => sink.error(errors.map((error) => clientError(error, this.#report).toJSON())));
      return { onDrained: () => undefined, renew: () => undefined, close: () => undefined };
    }
    const { document, request } = prepared;
    const { consoleSubscriptions } = this.#metrics;
    consoleSubscriptions.inc();
    const subscription = new ConsoleSubscription(caller.identity, {
      schema: this.#schema,
      document,
      request,
      check: this.#check,
      report: reportOf(this.#report, { document, operationName: request.operationName }, caller),
      sink,
      onEnd: () => consoleSubscriptions.dec(),
    });
    subscription.start(caller.after);
    return subscription;
  }

  #shown(result: ExecutionResult, report = this.#report): ExecutionResult {
    const { errors } = result;
    return errors === undefined
      ? result
      : { ...result, errors: errors.map((error) => clientError(error, report)) };
  }
}
