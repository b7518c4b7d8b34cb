// Written by `npm run types` from the documents beside it; not to be edited.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type OverviewQueryVariables = Exact<{ [key: string]: never; }>;


export type OverviewQuery = { readonly me: { readonly subject: string | null, readonly roles: ReadonlyArray<string>, readonly expiresAt: string | null }, readonly gateway: { readonly version: string, readonly node: string, readonly startedAt: string, readonly log: string, readonly fanout: string, readonly role: string | null } };

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

export const OverviewDocument = new TypedDocumentString(`
    query Overview {
  me {
    subject
    roles
    expiresAt
  }
  gateway {
    version
    node
    startedAt
    log
    fanout
    role
  }
}
    `) as unknown as TypedDocumentString<OverviewQuery, OverviewQueryVariables>;
