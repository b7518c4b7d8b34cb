// Written by `npm run types` from the documents beside it; not to be edited.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A position in the log. */
export type LifePosition = {
  /** The topic. */
  readonly topic: string;
  /** The partition. */
  readonly partition: number;
  /** The offset. */
  readonly offset: number | bigint;
};

/** The passes of a reading over the log, in their order. */
export type LifePass =
  /** Looks for the id, and for what belongs to it. */
  | 'SEARCH'
  /** Looks again, for what belongs to events that were found late. */
  | 'COLLECT'
  /** Reads the dead letters. */
  | 'LETTERS'
  /** The reading is complete. */
  | 'DONE';

/** What a node does with an event. */
export type LifeDeliveryKind =
  /** It moved the event from the log into the fan-out. */
  | 'RELAYED'
  /** The fan-out sent it the event, and no subscription showed it: types, filters or rules left it out. */
  | 'RECEIVED'
  /** Subscriptions of a field showed it. */
  | 'SHOWN'
  /** The fan-out had lost the event, and the node read it from the window or the log. */
  | 'REPAIRED';

export type LifeSubscriptionVariables = Exact<{
  id: string;
  since?: string | null | undefined;
  further?: string | null | undefined;
}>;


export type LifeSubscription = { readonly life: { readonly reading: string | null, readonly events: ReadonlyArray<{ readonly topic: string, readonly partition: number, readonly offset: number | bigint, readonly id: string, readonly source: string, readonly type: string, readonly key: string | null, readonly time: string, readonly correlationId: string | null, readonly causationId: string | null, readonly traceId: string | null, readonly traceUrl: string | null }>, readonly letters: ReadonlyArray<{ readonly topic: string, readonly partition: number, readonly offset: number | bigint, readonly isEvent: boolean, readonly kind: string, readonly reason: string, readonly failedIn: string | null, readonly time: string, readonly letterTopic: string, readonly letterPartition: number, readonly letterOffset: number | bigint }>, readonly progress: { readonly pass: LifePass, readonly done: number | bigint, readonly total: number | bigint, readonly records: number | bigint, readonly since: string, readonly topics: ReadonlyArray<string>, readonly notReadWhole: ReadonlyArray<string>, readonly isCut: boolean } } };

export type LifeRecordQueryVariables = Exact<{
  topic: string;
  partition: number;
  offset: number | bigint;
}>;


export type LifeRecordQuery = { readonly lifeRecord: { readonly time: string, readonly key: string | null, readonly bytes: number | null, readonly data: string | null, readonly isCut: boolean, readonly isJson: boolean, readonly problem: string | null, readonly headers: ReadonlyArray<{ readonly name: string, readonly value: string | null }> } | null };

export type LifeDeliveriesQueryVariables = Exact<{
  positions: ReadonlyArray<LifePosition> | LifePosition;
}>;


export type LifeDeliveriesQuery = { readonly lifeDeliveries: { readonly silent: ReadonlyArray<string>, readonly unheard: string | null, readonly nodes: ReadonlyArray<{ readonly id: string, readonly isSelf: boolean, readonly since: string, readonly isCut: boolean }>, readonly steps: ReadonlyArray<{ readonly node: string, readonly kind: LifeDeliveryKind, readonly topic: string, readonly partition: number, readonly first: number | bigint, readonly last: number | bigint, readonly time: string, readonly field: string | null, readonly clients: number | null }> } };

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

export const LifeDocument = new TypedDocumentString(`
    subscription Life($id: String!, $since: DateTime, $further: String) {
  life(id: $id, since: $since, further: $further) {
    events {
      topic
      partition
      offset
      id
      source
      type
      key
      time
      correlationId
      causationId
      traceId
      traceUrl
    }
    letters {
      topic
      partition
      offset
      isEvent
      kind
      reason
      failedIn
      time
      letterTopic
      letterPartition
      letterOffset
    }
    progress {
      pass
      done
      total
      records
      since
      topics
      notReadWhole
      isCut
    }
    reading
  }
}
    `) as unknown as TypedDocumentString<LifeSubscription, LifeSubscriptionVariables>;
export const LifeRecordDocument = new TypedDocumentString(`
    query LifeRecord($topic: String!, $partition: Int!, $offset: Long!) {
  lifeRecord(topic: $topic, partition: $partition, offset: $offset) {
    time
    key
    headers {
      name
      value
    }
    bytes
    data
    isCut
    isJson
    problem
  }
}
    `) as unknown as TypedDocumentString<LifeRecordQuery, LifeRecordQueryVariables>;
export const LifeDeliveriesDocument = new TypedDocumentString(`
    query LifeDeliveries($positions: [LifePosition!]!) {
  lifeDeliveries(positions: $positions) {
    nodes {
      id
      isSelf
      since
      isCut
    }
    silent
    unheard
    steps {
      node
      kind
      topic
      partition
      first
      last
      time
      field
      clients
    }
  }
}
    `) as unknown as TypedDocumentString<LifeDeliveriesQuery, LifeDeliveriesQueryVariables>;
