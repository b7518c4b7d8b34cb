import { RegistryClient, RegistryUnavailableError } from '../adapters/schema-registry/registry-client.js';
import { RegistryCodec } from '../adapters/schema-registry/registry-codec.js';
import { SchemaCache } from '../adapters/schema-registry/schema-cache.js';
import {
  type RegisteredModel,
  SchemaModels,
  UnusableSchemaError,
} from '../adapters/schema-registry/schema-models.js';
import { readFrame } from '../adapters/schema-registry/wire-format.js';
import { refusalIn } from '../core/refusal.js';
import type { SchemaCodec } from '../core/schema-codec.js';
import type { Encoding } from '../core/topic-format.js';
import type { OnProblem } from '../ports/problem.js';
import { type Config, ConfigError } from './config.js';

/** The client of the registry that is configured, if one is. */
export function registryClient(config: Config, onProblem?: OnProblem): RegistryClient | undefined {
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: basicAuth } = config;
  const tls = {
    ca: config.SCHEMA_REGISTRY_SSL_CA,
    certificate: config.SCHEMA_REGISTRY_SSL_CERTIFICATE,
    key: config.SCHEMA_REGISTRY_SSL_KEY,
    keyPassword: config.SCHEMA_REGISTRY_SSL_KEY_PASSWORD,
  };
  return url === undefined ? undefined : new RegistryClient({ url, basicAuth, tls, onProblem });
}

/** A registry, for commands that look at what it has. */
export interface Registry {
  /** What the newest schema of a subject says. `undefined`: it has none. @throws {ConfigError} when it cannot be read */
  latest(subject: string, signal: AbortSignal): Promise<RegisteredModel | undefined>;
  /** What the schema with this number or GUID says. @throws {ConfigError} when it cannot be read */
  byId(id: number | string, signal: AbortSignal): Promise<RegisteredModel | undefined>;
  /** Decodes values of any subject. */
  codec(encoding: Encoding): SchemaCodec;
  /** The id of the schema that a value begins with. @throws {Error} that says what is wrong with it */
  schemaIdOf(value: Buffer): number | string;
}

export function openRegistry(config: Config): Registry | undefined {
  const client = registryClient(config);
  if (client === undefined) return undefined;
  const schemas = new SchemaCache(client);
  const models = new SchemaModels(client);
  return {
    latest: (subject, signal) => models.latest(subject, signal).catch(explained),
    byId: (id, signal) => models.byId(id, signal).catch(explained),
    // It only reads, for which the subject does not matter.
    codec: (encoding) => new RegistryCodec(encoding, '', schemas),
    schemaIdOf: (value) => readFrame(value).schemaId,
  };
}

function explained(error: unknown): never {
  const refusal = refusalIn(error)?.message;
  if (refusal !== undefined) throw new ConfigError(refusal, { cause: error });
  if (error instanceof RegistryUnavailableError)
    throw new ConfigError(`${error.message}. Is SCHEMA_REGISTRY_URL right?`, { cause: error });
  if (error instanceof UnusableSchemaError) throw new ConfigError(`${error.message}.`, { cause: error });
  throw error;
}
