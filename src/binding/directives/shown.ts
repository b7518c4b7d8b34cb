import type { ShownOfRecord } from '../bindings.js';
import { ATTRIBUTE_NAME, type MetadataReads } from '../cel/record-reads.js';
import type { Diagnostics } from '../diagnostic.js';
import type { AppliedDirective } from './applied-directives.js';

/** `input ShownOfRecord`, as graphql-js has coerced it. */
interface Given extends Pick<ShownOfRecord, 'source' | 'subject' | 'timestamp'> {
  readonly headers?: readonly string[] | null;
  readonly extensions?: readonly string[] | null;
}

/** `@subscribe(show:)`. Adds a diagnostic for each name that no record can have. */
export function shownOf(directive: AppliedDirective, diagnostics: Diagnostics): ShownOfRecord | undefined {
  // graphql-js has coerced it.
  const given = directive.values['show'] as Given | null | undefined;
  if (given == null) return undefined;
  const [headers, extensions] = [given.headers ?? [], given.extensions ?? []];
  const { node } = directive;
  if (headers.includes(''))
    diagnostics.at(node, 'A header that is shown has no name.', 'Write names of headers.');
  const wrong = extensions.find((name) => !ATTRIBUTE_NAME.test(name));
  if (wrong !== undefined)
    diagnostics.at(
      node,
      `CloudEvents have no extension ${JSON.stringify(wrong)}: names are of lower-case letters and digits.`,
      'Show a header, or write the name of an extension.',
    );
  return { ...given, headers: [...new Set(headers)], extensions: [...new Set(extensions)] };
}

/** What events have to carry to be shown so. */
export function metadataOfShown(shown: ShownOfRecord | undefined): MetadataReads {
  const { headers = [], extensions = [], subject = false } = shown ?? {};
  return {
    headers: new Set(headers),
    attributes: new Set(subject ? [...extensions, 'subject'] : extensions),
  };
}
