import { randomUUID } from 'node:crypto';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Bindings } from '../binding/bindings.js';
import type { GatewayContext } from '../binding/runtime/context.js';
import { clientError, type ReportInternal } from '../core/client-error.js';
import { MillraceError } from '../core/errors.js';
import { isTraceparent, type TraceContext } from '../core/trace.js';
import { internalErrors } from '../observe/internal-errors.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { Mutations } from '../publish/mutations.js';
import type { ActiveSubscription, ResultSink } from '../subscribe/delivery/result-sink.js';
import type { Subscriptions } from '../subscribe/subscriptions.js';
import { costOf } from './cost.js';
import type { Operations, Prepared } from './operations.js';
import type { Caller, OperationRequest } from './request.js';

export interface GraphQLOperationsParts {
  readonly bindings: Bindings;
  readonly mutations: Mutations;
  readonly subscriptions: Subscriptions;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly limits: OperationLimits;
}

export interface OperationLimits {
  /** Of a document, counted as the parser does (fields, names, punctuation). */
  readonly maxTokens: number;
}

/** The most that one operation may ask for, as `costOf` counts: twice what tools ask to read a schema. */
export const MAX_COST = 100_000;

type Checked = { readonly document: DocumentNode } | { readonly errors: readonly GraphQLError[] };

/**
 * How many documents are remembered, so that what is sent again is not parsed and validated again, and how
 * many characters they have together (S4): comments and strings make long texts of few tokens.
 */
const REMEMBERED = { max: 1_000, maxSize: 8_000_000, maxEntrySize: 100_000 };

/** The operations of one gateway node. */
export class GraphQLOperations implements Operations {
  readonly #parts: GraphQLOperationsParts;
  readonly #report: ReportInternal;
  readonly #checked = new LRUCache<string, Checked>({
    ...REMEMBERED,
    sizeCalculation: (_checked, query) => query.length + 1,
  });

  constructor(parts: GraphQLOperationsParts) {
    this.#parts = parts;
    this.#report = internalErrors(parts.logger, parts.metrics, 'a resolver failed');
  }

  prepare(request: OperationRequest): Prepared {
    const checked = this.#check(request.query);
    if ('errors' in checked) return { kind: 'invalid', errors: checked.errors };
    const operation = getOperationAST(checked.document, request.operationName);
    if (operation === null || operation === undefined) {
      const message =
        request.operationName === undefined
          ? 'The document has several operations; `operationName` has to say which.'
          : `The document has no operation named ${request.operationName}.`;
      return { kind: 'invalid', errors: [refusal('BAD_REQUEST', message)] };
    }
    return { kind: operation.operation, request };
  }

  async run(prepared: Prepared, caller: Caller): Promise<ExecutionResult> {
    if (prepared.kind === 'invalid') return { errors: prepared.errors };
    if (prepared.kind === 'subscription') {
      return { errors: [refusal('BAD_REQUEST', 'A subscription needs a WebSocket or an event stream.')] };
    }
    const { query, operationName, variables } = prepared.request;
    const checked = this.#check(query);
    if ('errors' in checked) return { errors: checked.errors };
    const context = this.#context(caller);
    const result = await execute({
      schema: this.#parts.bindings.schema,
      document: checked.document,
      operationName,
      variableValues: variables,
      contextValue: context,
    });
    const extended = await withCursors(result, context);
    return extended.errors === undefined
      ? extended
      : { ...extended, errors: extended.errors.map((error) => clientError(error, this.#report)) };
  }

  subscribe(prepared: Prepared, caller: Caller, sink: ResultSink): ActiveSubscription {
    const checked = prepared.kind === 'subscription' ? this.#check(prepared.request.query) : undefined;
    if (prepared.kind !== 'subscription' || checked === undefined || 'errors' in checked) {
      const errors =
        prepared.kind === 'invalid' ? prepared.errors : [refusal('BAD_REQUEST', 'Not a subscription.')];
      queueMicrotask(() => sink.error(errors.map((error) => error.toJSON())));
      return { drained: () => undefined, close: () => undefined };
    }
    const { operationName, variables } = prepared.request;
    return this.#parts.subscriptions.start(
      { document: checked.document, operationName, variables: variables ?? {}, identity: caller.identity },
      caller.after,
      sink,
    );
  }

  #check(query: string): Checked {
    const known = this.#checked.get(query);
    if (known !== undefined) return known;
    const checked = this.#parseAndValidate(query);
    this.#checked.set(query, checked);
    return checked;
  }

  #parseAndValidate(query: string): Checked {
    try {
      const document = parse(query, { maxTokens: this.#parts.limits.maxTokens });
      const errors = validate(this.#parts.bindings.schema, document, specifiedRules, { maxErrors: 20 });
      if (errors.length > 0) return { errors };
      if (costOf(this.#parts.bindings.schema, document) <= MAX_COST) return { document };
      return { errors: [refusal('LIMIT_EXCEEDED', 'The operation asks for too many fields.')] };
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] };
      return { errors: [refusal('BAD_REQUEST', 'The document cannot be read.')] };
    }
  }

  #context(caller: Caller): GatewayContext {
    const { identity, idempotencyKey } = caller;
    return this.#parts.mutations.context({
      identity,
      idempotencyKey,
      trace: traceOf(caller),
      correlated: caller.correlationId !== undefined,
      get signal() {
        return caller.signal;
      },
    });
  }
}

/** Says where the last event of each field of Mutation is, for `minCursor` of a query that follows. */
async function withCursors(
  result: ExecutionResult,
  { reached, cursorOf }: GatewayContext,
): Promise<ExecutionResult> {
  if (cursorOf === undefined || reached === undefined || reached.size === 0) return result;
  const cursors = await Promise.all(
    [...reached].map(async ([field, at]) => [field, await cursorOf(at)] as const),
  );
  return { ...result, extensions: { ...result.extensions, cursors: Object.fromEntries(cursors) } };
}

function traceOf({ traceparent, tracestate, correlationId }: Caller): TraceContext {
  const parent = traceparent !== undefined && isTraceparent(traceparent) ? traceparent : undefined;
  return {
    traceparent: parent,
    tracestate: parent === undefined ? undefined : tracestate,
    correlationId: correlationId ?? randomUUID(),
  };
}

function refusal(code: 'BAD_REQUEST' | 'LIMIT_EXCEEDED', message: string): GraphQLError {
  return new GraphQLError(message, { originalError: new MillraceError(code, message) });
}
