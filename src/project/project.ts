import type { Authenticate } from '../auth/authenticate.js';
import type { ResolverMap } from '../binding/runtime/resolvers.js';
import type { ExpiringPassword } from '../core/expiring-password.js';
import type { BearerToken, SaslMechanism } from '../core/sasl.js';
import type { SchemaCodec } from '../core/schema-codec.js';
import type { AnyService } from '../services/service.js';
import type { AnyView } from '../views/view.js';

/** An operation that GraphiQL opens in its own tab. */
export interface Example {
  readonly title: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Pages of a project, which the gateway serves at `/`. */
export interface Pages {
  /** Their folder, relative to that of `millrace.config.ts`. It has an `index.html`. */
  readonly folder: string;
  /**
   * Directives of the Content-Security-Policy, by name, in place of the strict ones: pages run scripts, load files and talk
   * to their own origin only.
   */
  readonly contentSecurityPolicy?: Readonly<Record<string, string>>;
}

/** The part of a project that is TypeScript: the default export of `millrace.config.ts`. */
export interface Project {
  /** By type and field, for fields without a directive. */
  readonly resolvers?: ResolverMap;
  /** Run by `millrace start` and `millrace services`. */
  readonly services?: readonly AnyService[];
  /** State folded from events, for fields with `@view`. Run by `millrace start` and `millrace services`. */
  readonly views?: readonly AnyView[];
  /** How the data of a topic's events is encoded, by the topic's name. JSON for all others. */
  readonly codecs?: Readonly<Record<string, SchemaCodec>>;
  /** Authenticates requests when no `JWT_*` is set. When omitted, every caller is anonymous. */
  readonly authenticate?: Authenticate;
  /** How Kafka is reached, as far as the environment cannot say it. */
  readonly kafka?: {
    /** Returns a token for `KAFKA_SASL_MECHANISM=OAUTHBEARER`, in place of a token endpoint. */
    readonly oauthBearerToken?: () => Promise<BearerToken>;
    /** A SASL mechanism of your own, in place of `KAFKA_SASL_MECHANISM`. */
    readonly sasl?: SaslMechanism;
  };
  /** How Redis is reached, as far as the environment cannot say it. */
  readonly redis?: {
    /** Returns the password of `REDIS_USERNAME`, in place of `REDIS_PASSWORD`. For passwords that expire. */
    readonly password?: () => Promise<ExpiringPassword>;
  };
  /** GraphiQL's tabs. */
  readonly examples?: readonly Example[];
  /** Pages that gateways serve at `/`: their folder, or the folder with a policy of its own. */
  readonly pages?: string | Pages;
}

/** Returns `project` unchanged: it exists for type checking. */
export function defineGateway(project: Project): Project {
  return project;
}
