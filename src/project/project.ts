import type { Authenticate } from '../auth/authenticate.js';
import type { ResolverMap } from '../binding/runtime/resolvers.js';
import type { AnyService } from '../services/service.js';
import type { AnyView } from '../views/view.js';

/** An operation that GraphiQL opens in a tab of its own. */
export interface Example {
  readonly title: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a project says in TypeScript, beside its schema: the default export of `millrace.config.ts`. */
export interface Project {
  /** By type and field: for fields that no directive answers. */
  readonly resolvers?: ResolverMap;
  /** Run by `millrace start` and `millrace services`. */
  readonly services?: readonly AnyService[];
  /** State that is folded from events, for fields with `@view`; kept up to date by `millrace start` and `millrace services`. */
  readonly views?: readonly AnyView[];
  /** Who is asking, when no `JWT_*` is set; left out, everybody is anonymous. */
  readonly authenticate?: Authenticate;
  /** GraphiQL's tabs. */
  readonly examples?: readonly Example[];
}

/** The project as it is given: there for its types. */
export function defineGateway(project: Project): Project {
  return project;
}
