import { randomUUID } from 'node:crypto';
import { type ExecutionResult, execute, type GraphQLError, getOperationAST } from 'graphql';
import type { Bindings } from '../binding/bindings.js';
import type { GatewayContext } from '../binding/runtime/context.js';
import { dataField } from '../binding/runtime/data-field.js';
import { clientError, type ReportInternal, reportOf } from '../core/client-error.js';
import type { Identity } from '../core/identity.js';
import type { Published } from '../core/published.js';
import type { TraceContext } from '../core/trace.js';
import { internalErrors } from '../observe/internal-errors.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import type { MutationCaller, MutationParts } from '../publish/mutation-context.js';
import { OperationContext } from '../publish/operation-context.js';
import type { ActiveSubscription, ResultSink } from '../subscribe/delivery/result-sink.js';
import type { Subscriptions } from '../subscribe/subscriptions.js';
import { DocumentValidator, type OperationLimits } from './document-validator.js';
import type { MutationPlan } from './mutation-plan.js';
import { MutationPlans } from './mutation-plans.js';
import type { Operations, Prepared } from './operations.js';
import { prepareOperation } from './prepare.js';
import { refusal } from './refusal.js';
import type { Caller, OperationRequest } from './request.js';
import { WrittenResult } from './written-result.js';

interface GraphQLOperationsParts {
  readonly bindings: Bindings;
  readonly mutations: MutationParts;
  readonly subscriptions: Subscriptions;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer?: EventTracer | undefined;
  readonly limits: OperationLimits;
  /** Whether clients may ask for the schema. Default true. */
  readonly introspection?: boolean;
  /** Whether messages suggest names of the schema. Default true. */
  readonly suggestions?: boolean;
}

type Runnable = Exclude<Prepared, { kind: 'invalid' }>;

/** Runs the operations of one gateway node. */
export class GraphQLOperations implements Operations {
  readonly #parts: GraphQLOperationsParts;
  readonly #documents: DocumentValidator;
  readonly #plans: MutationPlans;
  readonly #report: ReportInternal;
  readonly #hideSuggestions: boolean;

  constructor(parts: GraphQLOperationsParts) {
    this.#parts = parts;
    const { introspection = true, suggestions = true } = parts;
    this.#hideSuggestions = !suggestions;
    this.#documents = new DocumentValidator(parts.bindings.schema, parts.limits, {
      introspection,
      suggestions,
    });
    this.#plans = new MutationPlans(parts.bindings);
    this.#report = internalErrors(parts.logger, parts.metrics, 'a resolver failed');
  }

  prepare(request: OperationRequest): Prepared {
    return prepareOperation(this.#parts.bindings.schema, this.#documents, request);
  }

  run(prepared: Prepared, caller: Caller): Promise<ExecutionResult> {
    if (prepared.kind === 'invalid') return Promise.resolve({ errors: this.#shown(prepared.errors) });
    if (prepared.kind === 'subscription') {
      const error = refusal('BAD_REQUEST', 'A subscription needs a WebSocket or an event stream.');
      return Promise.resolve({ errors: [error] });
    }
    const trace = traceOf(caller);
    const { tracer } = this.#parts;
    if (tracer === undefined || prepared.kind !== 'mutation') return this.#execute(prepared, caller, trace);
    const { document, request } = prepared;
    const started = tracer.mutation(
      trace,
      () => getOperationAST(document, request.operationName)?.name?.value,
    );
    const running = this.#execute(prepared, caller, { ...trace, traceparent: started.traceparent });
    return started.span === undefined ? running : started.span.during(running, failureOf);
  }

  #execute(prepared: Runnable, caller: Caller, trace: TraceContext): Promise<ExecutionResult> {
    const context = this.#context(caller, trace);
    const { kind, document, request, isNew } = prepared;
    // S4: a document that is not kept would leave a plan behind for nothing.
    const isPlanned = kind === 'mutation' && isNew !== true;
    const plan = isPlanned ? this.#plans.of(document, request.operationName) : undefined;
    const args = plan?.args(request);
    return plan === undefined || args === undefined
      ? this.#executeWhole(prepared, context)
      : this.#executePlan(prepared, context, plan, args);
  }

  /** Hot path (bench: mutations). */
  async #executePlan(
    prepared: Runnable,
    context: GatewayContext,
    plan: MutationPlan,
    args: Readonly<Record<string, unknown>>,
  ): Promise<ExecutionResult> {
    let published: Published;
    try {
      published = await plan.run(args, context);
    } catch (error) {
      return this.#executeWhole(prepared, context, () => Promise.reject(error));
    }
    const data = plan.data(published);
    if (data === undefined) return this.#executeWhole(prepared, context, () => published);
    const cursors = await cursorsOf(context);
    return new WrittenResult(data, cursors && { cursors });
  }

  /** @param settled what the operation's only field has come to: it is not run again */
  async #executeWhole(
    { document, request: { operationName, variables } }: Runnable,
    context: GatewayContext,
    settled?: () => Published | Promise<Published>,
  ): Promise<ExecutionResult> {
    const result = await execute({
      schema: this.#parts.bindings.schema,
      document,
      fieldResolver: dataField,
      operationName,
      variableValues: variables,
      contextValue: settled === undefined ? context : { identity: context.identity, mutate: settled },
      hideSuggestions: this.#hideSuggestions,
    });
    const cursors = await cursorsOf(context);
    const extended =
      cursors === undefined ? result : { ...result, extensions: { ...result.extensions, cursors } };
    if (extended.errors === undefined) return extended;
    const report = reportOf(this.#report, { document, operationName }, context.trace);
    return { ...extended, errors: extended.errors.map((error) => clientError(error, report)) };
  }

  subscribe(prepared: Prepared, caller: Caller, sink: ResultSink): ActiveSubscription {
    if (prepared.kind !== 'subscription') {
      const errors =
        prepared.kind === 'invalid'
          ? prepared.errors
          : [refusal('BAD_REQUEST', 'The operation is not a subscription.')];
      queueMicrotask(() => sink.error(this.#shown(errors).map((error) => error.toJSON())));
      return { onDrained: () => undefined, renew: () => undefined, close: () => undefined };
    }
    const { operationName, variables = {} } = prepared.request;
    return this.#parts.subscriptions.start(
      {
        document: prepared.document,
        operationName,
        variables,
        identity: caller.identity,
        startCursor: caller.startCursor,
        eventContext: caller.eventContext,
        traceparent: caller.traceparent,
        correlationId: caller.correlationId,
      },
      caller.after,
      sink,
    );
  }

  #shown(errors: readonly GraphQLError[]): readonly GraphQLError[] {
    return errors.map((error) => clientError(error, this.#report));
  }

  #context(caller: Caller, trace: TraceContext): GatewayContext {
    return new OperationContext(this.#parts.mutations, new OperationCaller(caller, trace));
  }
}

/** Who asks for the events of an operation. */
class OperationCaller implements MutationCaller {
  readonly identity: Identity;
  readonly idempotencyKey: string | undefined;
  readonly trace: TraceContext;
  readonly correlated: boolean;
  readonly #caller: Caller;

  constructor(caller: Caller, trace: TraceContext) {
    this.identity = caller.identity;
    this.idempotencyKey = caller.idempotencyKey;
    this.trace = trace;
    this.correlated = caller.correlationId !== undefined;
    this.#caller = caller;
  }

  /** Transports make the signal when it is first read, and most operations never do. */
  get signal(): AbortSignal {
    return this.#caller.signal;
  }
}

/** The code of its first error. */
const failureOf = ({ errors }: ExecutionResult): string | undefined =>
  errors && String(errors[0]?.extensions['code']);

const traceOf = ({ traceparent, tracestate, correlationId }: Caller): TraceContext => ({
  traceparent,
  tracestate,
  correlationId: correlationId ?? randomUUID(),
});

/** Where the last event of each field of Mutation is, for `minCursor` of a query that follows. */
async function cursorsOf({
  reached,
  cursorOf,
}: GatewayContext): Promise<Readonly<Record<string, string>> | undefined> {
  if (cursorOf === undefined || reached === undefined || reached.size === 0) return undefined;
  const cursors = await Promise.all(
    [...reached].map(async ([field, at]) => [field, await cursorOf(at)] as const),
  );
  return Object.fromEntries(cursors);
}
