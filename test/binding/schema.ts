import { bindSchema, formatMistake } from '../../src/binding/binding.js';
import type { Bindings } from '../../src/binding/bindings.js';
import type { KnownView } from '../../src/binding/directives/view-fields.js';
import type { ResolverMap } from '../../src/binding/runtime/resolvers.js';

/** What a schema of one file is bound to. @throws with its mistakes when it has some */
export function bound(body: string, resolvers?: ResolverMap, views?: readonly KnownView[]): Bindings {
  const result = bindSchema({ sources: [{ name: 'schema/test.graphql', body }], resolvers, views });
  if (!result.ok) throw new Error(result.mistakes.map(formatMistake).join('\n'));
  return result.bindings;
}

/** The mistakes of a schema of one file, as they are shown. */
export function mistakesOf(body: string, resolvers?: ResolverMap): readonly string[] {
  const result = bindSchema({ sources: [{ name: 'schema/test.graphql', body }], resolvers });
  return result.ok ? [] : result.mistakes.map(formatMistake);
}
