// Written by `npm run types` from the documents beside it; not to be edited.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Where a subscription begins: exactly one of these. */
export type EventStart = {
  /** With this many of the newest matching records, at most 1,000. */
  readonly newest?: number | null | undefined;
  /** With the first records at or after this time. */
  readonly time?: string | null | undefined;
  /** With what follows a position: a cursor, or `EventBatch.from`. */
  readonly position?: string | null | undefined;
  /** With the oldest records. */
  readonly earliest?: boolean | null | undefined;
};

/** How fast a replay shows records: exactly one of these. */
export type EventPace = {
  /** This many times as fast as they were written. Waits at most 5 s for the next record. */
  readonly speed?: number | null | undefined;
  /** This many records a second, at most 1,000. */
  readonly perSecond?: number | null | undefined;
};

/** Why a topic is listed. */
export type EventTopicKind =
  /** The schema, a service or a view uses it. */
  | 'SCHEMA'
  /** It has the dead letters of a topic of the schema, a service or a view. */
  | 'DEAD_LETTER'
  /** Only the log knows it. */
  | 'OTHER';

export type EventTopicsQueryVariables = Exact<{ [key: string]: never; }>;


export type EventTopicsQuery = { readonly eventTopics: { readonly isCut: boolean, readonly problem: string | null, readonly topics: ReadonlyArray<{ readonly name: string, readonly kind: EventTopicKind, readonly partitions: number, readonly types: ReadonlyArray<string> }> } };

export type CheckEventFilterQueryVariables = Exact<{
  topic: string;
  filter: string;
}>;


export type CheckEventFilterQuery = { readonly eventFilter: { readonly fields: ReadonlyArray<string>, readonly problem: { readonly message: string, readonly start: number } | null } };

export type OlderEventsQueryVariables = Exact<{
  topic: string;
  before: string;
  filter?: string | null | undefined;
  limit: number;
}>;


export type OlderEventsQuery = { readonly eventsBefore: { readonly from: string, readonly read: number, readonly failed: number, readonly isAtStart: boolean, readonly rows: ReadonlyArray<{ readonly partition: number, readonly offset: number | bigint, readonly time: string, readonly key: string | null, readonly type: string | null, readonly id: string | null, readonly correlationId: string | null, readonly problem: string | null, readonly value: { readonly text: string | null, readonly hex: string | null, readonly bytes: number, readonly shown: number } | null }> } };

export type OneEventQueryVariables = Exact<{
  topic: string;
  partition: number;
  offset: number | bigint;
}>;


export type OneEventQuery = { readonly eventRecord: { readonly source: string | null, readonly causationId: string | null, readonly traceparent: string | null, readonly eventTime: string | null, readonly isAppendTime: boolean, readonly headersLeftOut: number, readonly row: { readonly partition: number, readonly offset: number | bigint, readonly time: string, readonly key: string | null, readonly type: string | null, readonly id: string | null, readonly correlationId: string | null, readonly problem: string | null, readonly value: { readonly text: string | null, readonly hex: string | null, readonly bytes: number, readonly shown: number } | null }, readonly headers: ReadonlyArray<{ readonly name: string, readonly value: { readonly text: string | null, readonly hex: string | null, readonly bytes: number, readonly shown: number } | null }> } | null };

export type VolumeQueryVariables = Exact<{
  topic: string;
  from?: string | null | undefined;
  buckets: number;
}>;


export type VolumeQuery = { readonly eventVolume: { readonly from: string, readonly to: string, readonly counts: ReadonlyArray<number | bigint>, readonly before: number | bigint, readonly after: number | bigint } };

export type TopicEventsSubscriptionVariables = Exact<{
  topic: string;
  from?: EventStart | null | undefined;
  filter?: string | null | undefined;
  until?: string | null | undefined;
  limit?: number | null | undefined;
  pace?: EventPace | null | undefined;
}>;


export type TopicEventsSubscription = { readonly events: { readonly from: string, readonly read: number, readonly matched: number, readonly failed: number, readonly failure: string | null, readonly isAtEnd: boolean, readonly time: string | null, readonly asOf: string, readonly notices: ReadonlyArray<string>, readonly rows: ReadonlyArray<{ readonly partition: number, readonly offset: number | bigint, readonly time: string, readonly key: string | null, readonly type: string | null, readonly id: string | null, readonly correlationId: string | null, readonly problem: string | null, readonly value: { readonly text: string | null, readonly hex: string | null, readonly bytes: number, readonly shown: number } | null }> } };

export type RowFragment = { readonly partition: number, readonly offset: number | bigint, readonly time: string, readonly key: string | null, readonly type: string | null, readonly id: string | null, readonly correlationId: string | null, readonly problem: string | null, readonly value: { readonly text: string | null, readonly hex: string | null, readonly bytes: number, readonly shown: number } | null };

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
export const RowFragmentDoc = new TypedDocumentString(`
    fragment Row on EventRow {
  partition
  offset
  time
  key
  type
  id
  correlationId
  value {
    text
    hex
    bytes
    shown
  }
  problem
}
    `, {"fragmentName":"Row"}) as unknown as TypedDocumentString<RowFragment, unknown>;
export const EventTopicsDocument = new TypedDocumentString(`
    query EventTopics {
  eventTopics {
    topics {
      name
      kind
      partitions
      types
    }
    isCut
    problem
  }
}
    `) as unknown as TypedDocumentString<EventTopicsQuery, EventTopicsQueryVariables>;
export const CheckEventFilterDocument = new TypedDocumentString(`
    query CheckEventFilter($topic: String!, $filter: String!) {
  eventFilter(topic: $topic, filter: $filter) {
    problem {
      message
      start
    }
    fields
  }
}
    `) as unknown as TypedDocumentString<CheckEventFilterQuery, CheckEventFilterQueryVariables>;
export const OlderEventsDocument = new TypedDocumentString(`
    query OlderEvents($topic: String!, $before: String!, $filter: String, $limit: Int!) {
  eventsBefore(topic: $topic, before: $before, filter: $filter, limit: $limit) {
    rows {
      ...Row
    }
    from
    read
    failed
    isAtStart
  }
}
    fragment Row on EventRow {
  partition
  offset
  time
  key
  type
  id
  correlationId
  value {
    text
    hex
    bytes
    shown
  }
  problem
}`) as unknown as TypedDocumentString<OlderEventsQuery, OlderEventsQueryVariables>;
export const OneEventDocument = new TypedDocumentString(`
    query OneEvent($topic: String!, $partition: Int!, $offset: Long!) {
  eventRecord(topic: $topic, partition: $partition, offset: $offset) {
    row {
      ...Row
    }
    source
    causationId
    traceparent
    eventTime
    isAppendTime
    headers {
      name
      value {
        text
        hex
        bytes
        shown
      }
    }
    headersLeftOut
  }
}
    fragment Row on EventRow {
  partition
  offset
  time
  key
  type
  id
  correlationId
  value {
    text
    hex
    bytes
    shown
  }
  problem
}`) as unknown as TypedDocumentString<OneEventQuery, OneEventQueryVariables>;
export const VolumeDocument = new TypedDocumentString(`
    query Volume($topic: String!, $from: DateTime, $buckets: Int!) {
  eventVolume(topic: $topic, from: $from, buckets: $buckets) {
    from
    to
    counts
    before
    after
  }
}
    `) as unknown as TypedDocumentString<VolumeQuery, VolumeQueryVariables>;
export const TopicEventsDocument = new TypedDocumentString(`
    subscription TopicEvents($topic: String!, $from: EventStart, $filter: String, $until: DateTime, $limit: Int, $pace: EventPace) {
  events(
    topic: $topic
    from: $from
    filter: $filter
    until: $until
    limit: $limit
    pace: $pace
  ) {
    rows {
      ...Row
    }
    from
    read
    matched
    failed
    failure
    isAtEnd
    time
    asOf
    notices
  }
}
    fragment Row on EventRow {
  partition
  offset
  time
  key
  type
  id
  correlationId
  value {
    text
    hex
    bytes
    shown
  }
  problem
}`) as unknown as TypedDocumentString<TopicEventsSubscription, TopicEventsSubscriptionVariables>;
