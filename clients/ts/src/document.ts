/**
 * A GraphQL document: text, a `TypedDocumentString` of graphql-codegen, or a `TypedDocumentNode` that has its source, as
 * those of `gql` and of graphql-codegen's `graphql-tag` do.
 */
export type Document<Data = unknown, Variables = Readonly<Record<string, unknown>>> = (
  | string
  | { readonly kind: 'Document'; readonly loc?: { readonly source: { readonly body: string } } | undefined }
  | { toString(): string }
) & {
  // Typed documents declare the types of variables and data with this property, which never exists at run time.
  readonly __apiType?: ((variables: Variables) => Data) | undefined;
};

export function textOf(document: Document<unknown, never>): string {
  if (typeof document === 'string') return document;
  if (!('kind' in document)) return document.toString();
  const body = document.loc?.source.body;
  if (body !== undefined) return body;
  throw new TypeError('The document has no source: give it as text, with `print` of graphql.');
}

const STRING_OR_COMMENT = /"""(?:\\"""|[^"]|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|#.*/g;

/** The name of the document's operation. `undefined`: the operation has no name. */
export function operationNameOf(text: string): string | undefined {
  // Ignores everything in braces: a field may be called `query` too.
  let outer = text.replace(STRING_OR_COMMENT, '');
  for (let before = ''; before !== outer; ) {
    before = outer;
    outer = outer.replace(/\{[^{}]*\}/g, ';');
  }
  return /(?:^|;)[\s,]*(?:subscription|mutation|query)\s+([_A-Za-z]\w*)/.exec(outer)?.[1];
}

/** Whether its operation has a variable of this name. */
export function hasVariable(text: string, name: string): boolean {
  return new RegExp(`\\$${name}\\s*:`).test(text.replace(STRING_OR_COMMENT, ''));
}

/** JSON whose properties are in order, so that equal values are equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
