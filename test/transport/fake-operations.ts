import { type DocumentNode, type ExecutionResult, GraphQLError, getOperationAST, parse } from 'graphql';
import { clientError } from '../../src/core/client-error.js';
import type { Identity } from '../../src/core/identity.js';
import type { Operations, Prepared } from '../../src/operation/operations.js';
import type { Caller, OperationRequest } from '../../src/operation/request.js';
import type { ActiveSubscription, ResultSink } from '../../src/subscribe/delivery/result-sink.js';

/** A subscription that a test feeds by hand. */
export class FakeSubscription implements ActiveSubscription {
  drains = 0;
  closed = false;
  readonly renewed: Identity[] = [];

  constructor(
    readonly request: OperationRequest,
    readonly caller: Caller,
    readonly sink: ResultSink,
    readonly tag: string,
  ) {}

  onDrained(): void {
    this.drains += 1;
  }

  renew(identity: Identity): void {
    this.renewed.push(identity);
  }

  close(): void {
    this.closed = true;
  }

  /** Delivers one result as a cohort would. */
  next(n: number, filling = ''): boolean {
    const cursor = `c${n}.`;
    const data = JSON.stringify({ n, filling });
    const head = Buffer.from(`{"data":${data},"extensions":{"event":{"id":"e${n}"},"cursor":"${cursor}`);
    return this.sink.next({ head, cursor }, this.tag);
  }
}

/** The result of `next(n)` as a client sees it. */
export function shown(n: number, tag = 'tag', filling = '') {
  return { data: { n, filling }, extensions: { event: { id: `e${n}` }, cursor: `c${n}.${tag}` } };
}

/** Operations that answer at once and record their calls. */
export class FakeOperations implements Operations {
  readonly subscriptions: FakeSubscription[] = [];
  readonly ran: { readonly request: OperationRequest; readonly caller: Caller }[] = [];
  /** `run` waits for it. */
  gate: Promise<void> = Promise.resolve();
  /** The result of `run`. By default the result says what it ran. */
  result: ExecutionResult | undefined;

  prepare(request: OperationRequest): Prepared {
    let document: DocumentNode;
    try {
      document = parse(request.query);
    } catch (error) {
      return { kind: 'invalid', errors: [error instanceof GraphQLError ? error : new GraphQLError('?')] };
    }
    const operation = getOperationAST(document, request.operationName);
    if (operation?.operation === undefined || request.query.includes('unknownField')) {
      return { kind: 'invalid', errors: [new GraphQLError('Cannot query field "unknownField"')] };
    }
    return { kind: operation.operation, request, document };
  }

  async run(prepared: Prepared, caller: Caller): Promise<ExecutionResult> {
    if (prepared.kind === 'invalid')
      return { errors: prepared.errors.map((error) => clientError(error, () => undefined)) };
    this.ran.push({ request: prepared.request, caller });
    await this.gate;
    return this.result ?? { data: { ran: prepared.kind } };
  }

  subscribe(prepared: Prepared, caller: Caller, sink: ResultSink): ActiveSubscription {
    if (prepared.kind === 'invalid') throw new Error('invalid');
    const subscription = new FakeSubscription(prepared.request, caller, sink, 'tag');
    this.subscriptions.push(subscription);
    return subscription;
  }
}
