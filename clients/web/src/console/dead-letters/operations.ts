// Written by `npm run types` from the documents beside it; not to be edited.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Who wrote a dead letter, by its headers. */
export type DeadLetterFormat =
  /** Millrace. */
  | 'MILLRACE'
  /** Spring Kafka. */
  | 'SPRING'
  /** A sink connector of Kafka Connect. */
  | 'CONNECT'
  /** Another program. Nothing says which record the dead letter is about, so it cannot be put back. */
  | 'UNKNOWN';

/** What a test says of a record. */
export type DeadLetterVerdict =
  /** What failed on the record would succeed now. */
  | 'GOES_THROUGH'
  /** It would fail again. */
  | 'FAILS_AGAIN'
  /** What failed on the record was not run, or cannot be determined. */
  | 'NOT_TESTED';

/** A choice of records: exactly one of these. */
export type DeadLetterSelection =
  {   /** Dead letters by their ids: at most 1,000. */
  readonly letters: ReadonlyArray<string>; readonly group?: never; readonly topic?: never; }
  |  { readonly letters?: never;   /** All of one group, by its id. */
  readonly group: string; readonly topic?: never; }
  |  { readonly letters?: never; readonly group?: never;   /** All of one topic, by its name. */
  readonly topic: string; };

/** Changes to a record. What is left out stays as it was. */
export type DeadLetterEdit = {
  /** The new value. */
  readonly value?: DeadLetterNewBytes | null | undefined;
  /** The new key. */
  readonly key?: DeadLetterNewBytes | null | undefined;
  /** All headers, in their order. */
  readonly headers?: ReadonlyArray<DeadLetterNewHeader> | null | undefined;
  /** Gives the event a new id, and removes its idempotency key. */
  readonly newId?: boolean;
};

/** The bytes of a key or value: exactly one of these. */
export type DeadLetterNewBytes =
  {   /** Text in UTF-8. A key is read in the format that its topic declares. */
  readonly text: string; readonly data?: never; readonly base64?: never; readonly none?: never; }
  |  { readonly text?: never;   /** JSON that the topic's codec encodes. For values only. */
  readonly data: string; readonly base64?: never; readonly none?: never; }
  |  { readonly text?: never; readonly data?: never;   /** Bytes in base64. */
  readonly base64: string; readonly none?: never; }
  |  { readonly text?: never; readonly data?: never; readonly base64?: never;   /** `true`: no bytes. The record is then a tombstone, or has no key. */
  readonly none: boolean; };

/** A header of the edited record. */
export type DeadLetterNewHeader = {
  /** Its name. */
  readonly name: string;
  /** Its value as text. */
  readonly value?: string | null | undefined;
  /** Its value in base64. */
  readonly base64?: string | null | undefined;
};

/** The state of a run. */
export type DeadLetterRunState =
  /** It puts records back. */
  | 'RUNNING'
  /** It has finished. */
  | 'DONE'
  /** Nothing was written: the edited copy would fail. */
  | 'REFUSED'
  /** It ended early. The records that it put back stay so. It can be repeated. */
  | 'FAILED'
  /** Another gateway runs it, or this one has forgotten it. The groups show what was put back. */
  | 'UNKNOWN';

export type DeadLetterGroupsSubscriptionVariables = Exact<{
  topic?: string | null | undefined;
}>;


export type DeadLetterGroupsSubscription = { readonly deadLetterGroups: { readonly isComplete: boolean, readonly recordsRead: number, readonly notRead: number, readonly uncounted: number, readonly missing: ReadonlyArray<string>, readonly readOnly: string | null, readonly groups: ReadonlyArray<{ readonly id: string, readonly topic: string, readonly deadLetterTopic: string, readonly format: DeadLetterFormat, readonly kind: string, readonly field: string | null, readonly service: string | null, readonly view: string | null, readonly consumerGroup: string | null, readonly pattern: string, readonly reason: string, readonly letters: number, readonly records: number, readonly putBack: number, readonly firstAt: string, readonly lastAt: string }> } };

export type DeadLettersOfGroupQueryVariables = Exact<{
  topic?: string | null | undefined;
  group?: string | null | undefined;
  limit: number;
}>;


export type DeadLettersOfGroupQuery = { readonly deadLetters: { readonly leftOut: number, readonly notRead: number, readonly letters: ReadonlyArray<{ readonly id: string, readonly time: string, readonly position: string | null, readonly reason: string, readonly key: string | null, readonly preview: string | null, readonly letters: number, readonly isPutBack: boolean }> } };

export type DeadLetterDetailQueryVariables = Exact<{
  id: string;
}>;


export type DeadLetterDetailQuery = { readonly deadLetter: { readonly id: string, readonly time: string, readonly format: DeadLetterFormat, readonly kind: string, readonly field: string | null, readonly service: string | null, readonly view: string | null, readonly consumerGroup: string | null, readonly reason: string, readonly missing: ReadonlyArray<string>, readonly data: string | null, readonly hasCodec: boolean, readonly eventId: string | null, readonly correlationId: string | null, readonly isIdempotent: boolean, readonly origin: { readonly topic: string, readonly partition: number, readonly offset: number | bigint, readonly position: string, readonly time: string | null } | null, readonly key: { readonly text: string | null, readonly base64: string | null, readonly bytes: number } | null, readonly value: { readonly text: string | null, readonly base64: string | null, readonly bytes: number } | null, readonly headers: ReadonlyArray<{ readonly name: string, readonly value: string | null, readonly base64: string | null }>, readonly putBack: { readonly time: string, readonly by: string | null, readonly isEdited: boolean } | null, readonly test: { readonly verdict: DeadLetterVerdict, readonly reason: string } | null } | null };

export type DeadLetterDryRunQueryVariables = Exact<{
  selection: DeadLetterSelection;
}>;


export type DeadLetterDryRunQuery = { readonly deadLetterDryRun: { readonly tested: number, readonly goesThrough: number, readonly failsAgain: number, readonly notTested: number, readonly alreadyPutBack: number, readonly beyondLimit: number, readonly notRead: number, readonly reasons: ReadonlyArray<{ readonly verdict: DeadLetterVerdict, readonly reason: string, readonly count: number }> } };

export type DeadLetterEditTestQueryVariables = Exact<{
  id: string;
  edit: DeadLetterEdit;
}>;


export type DeadLetterEditTestQuery = { readonly deadLetterEditTest: { readonly verdict: DeadLetterVerdict, readonly reason: string } };

export type PutBackDeadLettersMutationVariables = Exact<{
  selection: DeadLetterSelection;
}>;


export type PutBackDeadLettersMutation = { readonly putBackDeadLetters: { readonly id: string, readonly state: DeadLetterRunState, readonly putBack: number, readonly idempotent: number, readonly alreadyPutBack: number, readonly left: number, readonly problem: string | null, readonly records: ReadonlyArray<{ readonly from: string, readonly to: string | null }>, readonly failed: ReadonlyArray<{ readonly from: string, readonly reason: string }> } };

export type PutBackEditedDeadLetterMutationVariables = Exact<{
  id: string;
  edit: DeadLetterEdit;
  force: boolean;
}>;


export type PutBackEditedDeadLetterMutation = { readonly putBackEditedDeadLetter: { readonly id: string, readonly state: DeadLetterRunState, readonly putBack: number, readonly idempotent: number, readonly alreadyPutBack: number, readonly left: number, readonly problem: string | null, readonly records: ReadonlyArray<{ readonly from: string, readonly to: string | null }>, readonly failed: ReadonlyArray<{ readonly from: string, readonly reason: string }> } };

export type DeadLetterRunSubscriptionVariables = Exact<{
  id: string;
}>;


export type DeadLetterRunSubscription = { readonly deadLetterRun: { readonly id: string, readonly state: DeadLetterRunState, readonly putBack: number, readonly idempotent: number, readonly alreadyPutBack: number, readonly left: number, readonly problem: string | null, readonly records: ReadonlyArray<{ readonly from: string, readonly to: string | null }>, readonly failed: ReadonlyArray<{ readonly from: string, readonly reason: string }> } };

export type RunFragment = { readonly id: string, readonly state: DeadLetterRunState, readonly putBack: number, readonly idempotent: number, readonly alreadyPutBack: number, readonly left: number, readonly problem: string | null, readonly records: ReadonlyArray<{ readonly from: string, readonly to: string | null }>, readonly failed: ReadonlyArray<{ readonly from: string, readonly reason: string }> };

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
export const RunFragmentDoc = new TypedDocumentString(`
    fragment Run on DeadLetterRun {
  id
  state
  putBack
  records {
    from
    to
  }
  idempotent
  alreadyPutBack
  failed {
    from
    reason
  }
  left
  problem
}
    `, {"fragmentName":"Run"}) as unknown as TypedDocumentString<RunFragment, unknown>;
export const DeadLetterGroupsDocument = new TypedDocumentString(`
    subscription DeadLetterGroups($topic: String) {
  deadLetterGroups(topic: $topic) {
    groups {
      id
      topic
      deadLetterTopic
      format
      kind
      field
      service
      view
      consumerGroup
      pattern
      reason
      letters
      records
      putBack
      firstAt
      lastAt
    }
    isComplete
    recordsRead
    notRead
    uncounted
    missing
    readOnly
  }
}
    `) as unknown as TypedDocumentString<DeadLetterGroupsSubscription, DeadLetterGroupsSubscriptionVariables>;
export const DeadLettersOfGroupDocument = new TypedDocumentString(`
    query DeadLettersOfGroup($topic: String, $group: ID, $limit: Int!) {
  deadLetters(topic: $topic, group: $group, limit: $limit) {
    letters {
      id
      time
      position
      reason
      key
      preview
      letters
      isPutBack
    }
    leftOut
    notRead
  }
}
    `) as unknown as TypedDocumentString<DeadLettersOfGroupQuery, DeadLettersOfGroupQueryVariables>;
export const DeadLetterDetailDocument = new TypedDocumentString(`
    query DeadLetterDetail($id: ID!) {
  deadLetter(id: $id) {
    id
    time
    origin {
      topic
      partition
      offset
      position
      time
    }
    format
    kind
    field
    service
    view
    consumerGroup
    reason
    missing
    key {
      text
      base64
      bytes
    }
    value {
      text
      base64
      bytes
    }
    headers {
      name
      value
      base64
    }
    data
    hasCodec
    eventId
    correlationId
    isIdempotent
    putBack {
      time
      by
      isEdited
    }
    test {
      verdict
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<DeadLetterDetailQuery, DeadLetterDetailQueryVariables>;
export const DeadLetterDryRunDocument = new TypedDocumentString(`
    query DeadLetterDryRun($selection: DeadLetterSelection!) {
  deadLetterDryRun(selection: $selection) {
    tested
    goesThrough
    failsAgain
    notTested
    reasons {
      verdict
      reason
      count
    }
    alreadyPutBack
    beyondLimit
    notRead
  }
}
    `) as unknown as TypedDocumentString<DeadLetterDryRunQuery, DeadLetterDryRunQueryVariables>;
export const DeadLetterEditTestDocument = new TypedDocumentString(`
    query DeadLetterEditTest($id: ID!, $edit: DeadLetterEdit!) {
  deadLetterEditTest(id: $id, edit: $edit) {
    verdict
    reason
  }
}
    `) as unknown as TypedDocumentString<DeadLetterEditTestQuery, DeadLetterEditTestQueryVariables>;
export const PutBackDeadLettersDocument = new TypedDocumentString(`
    mutation PutBackDeadLetters($selection: DeadLetterSelection!) {
  putBackDeadLetters(selection: $selection) {
    ...Run
  }
}
    fragment Run on DeadLetterRun {
  id
  state
  putBack
  records {
    from
    to
  }
  idempotent
  alreadyPutBack
  failed {
    from
    reason
  }
  left
  problem
}`) as unknown as TypedDocumentString<PutBackDeadLettersMutation, PutBackDeadLettersMutationVariables>;
export const PutBackEditedDeadLetterDocument = new TypedDocumentString(`
    mutation PutBackEditedDeadLetter($id: ID!, $edit: DeadLetterEdit!, $force: Boolean!) {
  putBackEditedDeadLetter(id: $id, edit: $edit, force: $force) {
    ...Run
  }
}
    fragment Run on DeadLetterRun {
  id
  state
  putBack
  records {
    from
    to
  }
  idempotent
  alreadyPutBack
  failed {
    from
    reason
  }
  left
  problem
}`) as unknown as TypedDocumentString<PutBackEditedDeadLetterMutation, PutBackEditedDeadLetterMutationVariables>;
export const DeadLetterRunDocument = new TypedDocumentString(`
    subscription DeadLetterRun($id: ID!) {
  deadLetterRun(id: $id) {
    ...Run
  }
}
    fragment Run on DeadLetterRun {
  id
  state
  putBack
  records {
    from
    to
  }
  idempotent
  alreadyPutBack
  failed {
    from
    reason
  }
  left
  problem
}`) as unknown as TypedDocumentString<DeadLetterRunSubscription, DeadLetterRunSubscriptionVariables>;
