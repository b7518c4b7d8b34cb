import { bindSchema, formatDiagnostic } from '../../src/binding/binding.js';
import type { Bindings } from '../../src/binding/bindings.js';
import type { ViewDeclaration } from '../../src/binding/directives/view-fields.js';
import type { ResolverMap } from '../../src/binding/runtime/resolvers.js';

/** What a schema of one file is bound to. @throws with its diagnostics when it has some */
export function bound(body: string, resolvers?: ResolverMap, views?: readonly ViewDeclaration[]): Bindings {
  const result = bindSchema({ sources: [{ name: 'schema/test.graphql', body }], resolvers, views });
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  return result.bindings;
}

/** The diagnostics of a schema of one file, as they are shown. */
export function diagnosticsOf(body: string, resolvers?: ResolverMap): readonly string[] {
  const result = bindSchema({ sources: [{ name: 'schema/test.graphql', body }], resolvers });
  return result.ok ? [] : result.diagnostics.map(formatDiagnostic);
}
