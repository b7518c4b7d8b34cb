import type { ExecutionResult, GraphQLError } from 'graphql';
import type { ActiveSubscription, ResultSink } from '../subscribe/delivery/result-sink.js';
import type { Caller, OperationRequest } from './request.js';

/** A request that was parsed, validated against the schema and held against the limits. */
export type Prepared =
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] }
  | { readonly kind: 'query' | 'mutation' | 'subscription'; readonly request: OperationRequest };

/** The one way in for every transport: what holds here (validation, limits, rules) holds on all of them. */
export interface Operations {
  /** Parses and validates; nothing is run. Never throws. */
  prepare(request: OperationRequest): Prepared;
  /** Runs a query or mutation. Errors are in the result, with their codes. Never rejects. */
  run(prepared: Prepared, caller: Caller): Promise<ExecutionResult>;
  /** Starts a subscription. Whatever becomes of it, also a refusal, reaches the sink. Never throws. */
  subscribe(prepared: Prepared, caller: Caller, sink: ResultSink): ActiveSubscription;
}
