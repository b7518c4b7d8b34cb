// Written by `npm run types` from the documents beside it; not to be edited.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Where an event waits between the log and its readers. */
export type MonitorStage =
  /** In the log, until the relay moves it into the fan-out. */
  | 'RELAY'
  /** In the log, until a service handles it. */
  | 'SERVICE'
  /** In the log, until it is folded into a view. */
  | 'VIEW'
  /** In the fan-out, until a node has it. */
  | 'NODE'
  /** In a node, until the client that is furthest behind has it. */
  | 'SUBSCRIPTION';

/** The trend of a lag over the last twenty seconds. */
export type MonitorTrend =
  /** The lag grows. */
  | 'GROWING'
  /** The lag stays about the same. */
  | 'STEADY'
  /** The part catches up. */
  | 'SHRINKING';

export type MonitorSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type MonitorSubscription = { readonly monitor: { readonly at: string, readonly unheard: string | null, readonly lagsLeftOut: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly isSelf: boolean, readonly isAnswering: boolean, readonly reportedSecondsAgo: number, readonly workerOf: string | null, readonly roles: ReadonlyArray<string>, readonly services: ReadonlyArray<string>, readonly version: string, readonly uptimeSeconds: number, readonly refusals: ReadonlyArray<string>, readonly cpuShare: number, readonly loopDelayMs: number, readonly residentBytes: number, readonly checks: ReadonlyArray<{ readonly name: string, readonly outcome: string }>, readonly levels: { readonly connections: number, readonly subscriptions: number } }>, readonly lags: ReadonlyArray<{ readonly stage: MonitorStage, readonly group: string, readonly topic: string, readonly partition: number, readonly behind: number, readonly trend: MonitorTrend, readonly recent: ReadonlyArray<number> }>, readonly rates: { readonly published: number, readonly relayed: number, readonly received: number, readonly executed: number, readonly delivered: number, readonly handled: number, readonly folded: number }, readonly levels: { readonly connections: number, readonly subscriptions: number, readonly cohorts: number, readonly live: number, readonly behind: number, readonly slowClients: number, readonly slowBytes: number }, readonly latency: { readonly p50Ms: number | null, readonly p95Ms: number | null, readonly p99Ms: number | null, readonly deliveries: number }, readonly counts: ReadonlyArray<{ readonly name: string, readonly counts: ReadonlyArray<{ readonly label: string, readonly count: number }> }> } };

export type MonitorHistoryQueryVariables = Exact<{ [key: string]: never; }>;


export type MonitorHistoryQuery = { readonly monitorHistory: { readonly secondsAgo: ReadonlyArray<number>, readonly silent: ReadonlyArray<string>, readonly unheard: string | null, readonly series: ReadonlyArray<{ readonly name: string, readonly values: ReadonlyArray<number | null> }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const MonitorDocument = new TypedDocumentString(`
    subscription Monitor {
  monitor {
    at
    unheard
    nodes {
      id
      name
      isSelf
      isAnswering
      reportedSecondsAgo
      workerOf
      roles
      services
      version
      uptimeSeconds
      checks {
        name
        outcome
      }
      refusals
      cpuShare
      loopDelayMs
      residentBytes
      levels {
        connections
        subscriptions
      }
    }
    lags {
      stage
      group
      topic
      partition
      behind
      trend
      recent
    }
    lagsLeftOut
    rates {
      published
      relayed
      received
      executed
      delivered
      handled
      folded
    }
    levels {
      connections
      subscriptions
      cohorts
      live
      behind
      slowClients
      slowBytes
    }
    latency {
      p50Ms
      p95Ms
      p99Ms
      deliveries
    }
    counts {
      name
      counts {
        label
        count
      }
    }
  }
}
    `) as unknown as TypedDocumentString<MonitorSubscription, MonitorSubscriptionVariables>;
export const MonitorHistoryDocument = new TypedDocumentString(`
    query MonitorHistory {
  monitorHistory {
    secondsAgo
    silent
    unheard
    series {
      name
      values
    }
  }
}
    `) as unknown as TypedDocumentString<MonitorHistoryQuery, MonitorHistoryQueryVariables>;
