// Written by `npm run types` from the documents beside it; not to be edited.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** The kinds of parts on the map. */
export type TopologyNodeKind =
  /** A field with `@publish`. */
  | 'MUTATION'
  /** Whatever else has written events to a topic, by their `source`: another program, or, as `/gateway`, code behind a mutation. */
  | 'PRODUCER'
  /** A topic. */
  | 'TOPIC'
  /** The dead-letter topic of a topic. */
  | 'DEAD_LETTERS'
  /** A service of the project. */
  | 'SERVICE'
  /** A view of the project. */
  | 'VIEW'
  /** A consumer group of another program. */
  | 'GROUP'
  /** A field with `@view`. */
  | 'QUERY'
  /** A field with `@subscribe`. */
  | 'SUBSCRIPTION';

/** What an edge means. */
export type TopologyEdgeKind =
  /** Events are written to a topic. */
  | 'PUBLISHES'
  /** Events are read from a topic. */
  | 'READS'
  /** A mutation waits for events of the topic, its outcome. */
  | 'ANSWERS'
  /** A field shows the state of a view. */
  | 'SHOWS'
  /** Events that cannot be processed become dead letters. */
  | 'FAILS';

export type TopologyQueryVariables = Exact<{ [key: string]: never; }>;


export type TopologyQuery = { readonly topology: { readonly version: string, readonly nodes: ReadonlyArray<{ readonly id: string, readonly kind: TopologyNodeKind, readonly name: string, readonly signature: string | null, readonly description: string | null }>, readonly edges: ReadonlyArray<{ readonly id: string, readonly from: string, readonly to: string, readonly kind: TopologyEdgeKind, readonly types: ReadonlyArray<string> }> } };

export type TopologyTopicQueryVariables = Exact<{
  name: string;
}>;


export type TopologyTopicQuery = { readonly topologyTopic: { readonly name: string, readonly format: string, readonly deadLetters: number | bigint | null, readonly types: ReadonlyArray<{ readonly name: string, readonly description: string | null, readonly fields: ReadonlyArray<string> }>, readonly partitions: ReadonlyArray<{ readonly partition: number, readonly earliest: number | bigint, readonly end: number | bigint }>, readonly example: { readonly partition: number, readonly offset: number | bigint, readonly writtenAt: string, readonly type: string | null, readonly subject: string | null, readonly source: string | null, readonly text: string, readonly isCut: boolean, readonly problem: string | null } | null } | null };

export type TopologyFlowsSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type TopologyFlowsSubscription = { readonly topologyFlows: { readonly version: string, readonly at: string, readonly gaps: ReadonlyArray<string>, readonly edges: ReadonlyArray<{ readonly edge: string, readonly perSecond: number | null, readonly lag: number | bigint | null, readonly isLagGrowing: boolean }>, readonly topics: ReadonlyArray<{ readonly name: string, readonly perSecond: number | null, readonly written: number | bigint }>, readonly fields: ReadonlyArray<{ readonly node: string, readonly perSecond: number }>, readonly groups: ReadonlyArray<{ readonly name: string, readonly role: string | null, readonly protocol: string | null, readonly state: string, readonly members: number | null, readonly clients: ReadonlyArray<string> }> } };

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

export const TopologyDocument = new TypedDocumentString(`
    query Topology {
  topology {
    version
    nodes {
      id
      kind
      name
      signature
      description
    }
    edges {
      id
      from
      to
      kind
      types
    }
  }
}
    `) as unknown as TypedDocumentString<TopologyQuery, TopologyQueryVariables>;
export const TopologyTopicDocument = new TypedDocumentString(`
    query TopologyTopic($name: String!) {
  topologyTopic(name: $name) {
    name
    format
    types {
      name
      description
      fields
    }
    partitions {
      partition
      earliest
      end
    }
    example {
      partition
      offset
      writtenAt
      type
      subject
      source
      text
      isCut
      problem
    }
    deadLetters
  }
}
    `) as unknown as TypedDocumentString<TopologyTopicQuery, TopologyTopicQueryVariables>;
export const TopologyFlowsDocument = new TypedDocumentString(`
    subscription TopologyFlows {
  topologyFlows {
    version
    at
    edges {
      edge
      perSecond
      lag
      isLagGrowing
    }
    topics {
      name
      perSecond
      written
    }
    fields {
      node
      perSecond
    }
    groups {
      name
      role
      protocol
      state
      members
      clients
    }
    gaps
  }
}
    `) as unknown as TypedDocumentString<TopologyFlowsSubscription, TopologyFlowsSubscriptionVariables>;
