/**
 * The front door of the package: what a project's own code may use. Everything else is inside, and
 * changes without notice.
 */
export type { Authenticate, Credentials } from './auth/authenticate.js';
export type {
  GeneratedResolver,
  OutcomeOptions,
  OutgoingDraft,
  ReadView,
  Resolver,
  ResolverCall,
  ResolverMap,
  ResolverPublish,
  TypenameOf,
  ViewReader,
  WithTypename,
} from './binding/runtime/resolvers.js';
export { type ErrorCode, MillraceError } from './core/errors.js';
export type { ExpiringPassword } from './core/expiring-password.js';
export { ANONYMOUS, type Claims, type Identity, subjectOf } from './core/identity.js';
export { type Topic, topic } from './core/ids.js';
export type { Published } from './core/published.js';
export type { BearerToken, SaslMechanism } from './core/sasl.js';
export type { EncodedValue, SchemaCodec } from './core/schema-codec.js';
export { defineGateway, type Example, type Pages, type Project } from './project/project.js';
export type {
  AnyService,
  Handled,
  OutgoingEvent,
  Service,
  ServiceContext,
  ServiceEvent,
} from './services/service.js';
export type { AnyView, View } from './views/view.js';
