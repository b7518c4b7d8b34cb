import type { DocumentNode, ExecutionResult, GraphQLError } from 'graphql';
import type { ActiveSubscription, ResultSink } from '../subscribe/delivery/result-sink.js';
import type { Caller, OperationRequest } from './request.js';

/** A request after parsing, validation against the schema, and the checks of the limits. */
export type Prepared = {
  /** Whether its document was parsed and validated for this request. */
  readonly isNew?: boolean;
} & (
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] }
  | {
      readonly kind: 'query' | 'mutation' | 'subscription';
      readonly request: OperationRequest;
      /** Of `request.query`, validated. */
      readonly document: DocumentNode;
    }
);

/** The one way in for every transport, so that validation, limits and rules hold on all of them alike. */
export interface Operations {
  /** Parses and validates, and runs nothing. Never throws. */
  prepare(request: OperationRequest): Prepared;
  /** Runs a query or mutation. Errors are in the result, as the client may see them. Never rejects. */
  run(prepared: Prepared, caller: Caller): Promise<ExecutionResult>;
  /** Starts a subscription. Every outcome reaches the sink, a refusal too. Never throws. */
  subscribe(prepared: Prepared, caller: Caller, sink: ResultSink): ActiveSubscription;
}
