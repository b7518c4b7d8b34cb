import { retry } from '../../core/async.js';
import { messageOf } from '../../core/errors.js';
import { avroSerde } from './avro.js';
import { jsonSchemaSerde } from './json-schema.js';
import type { NewSchema } from './new-schema.js';
import { protobufSerde } from './protobuf.js';
import { type NamedSchema, referencesOf } from './references.js';
import { type RegisteredSchema, type RegistryClient, UnknownSchemaError } from './registry-client.js';
import type { Serde } from './serde.js';

/** A schema that cannot be used, and why: every value of it is invalid. */
export type Loaded = Serde | { readonly unusable: string };

/** How often a schema that the registry does not know is asked for: it may be younger than a replica of the registry. */
const UNKNOWN_ATTEMPTS = 3;
/** How long such an answer is believed. */
const UNKNOWN_MAX_AGE_MS = 30_000;

/**
 * The schemas of a registry, each fetched once however many ask, and kept for good: the schema of an id never changes.
 */
export class SchemaCache {
  readonly #client: RegistryClient;
  readonly #loaded = new Map<number | string, Loaded>();
  readonly #loading = new Map<number | string, Promise<void>>();
  /** When a schema was last found to be unknown, by `performance.now`. */
  readonly #unknownSince = new Map<number | string, number>();

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  /** What `load` has loaded. */
  get(id: number | string): Loaded | undefined {
    return this.#loaded.get(id);
  }

  /** @throws {RegistryUnavailableError} */
  async load(ids: Iterable<number | string>, signal: AbortSignal): Promise<void> {
    await Promise.all(
      [...new Set(ids)].filter((id) => this.#isMissing(id)).map((id) => this.#loadOnce(id, signal)),
    );
  }

  /** The serde of a version of a subject. @throws {UnknownSchemaError} {RegistryUnavailableError} */
  async latest(
    subject: string,
    signal: AbortSignal,
  ): Promise<{ readonly id: number; readonly loaded: Loaded }> {
    const version = await this.#client.version(subject, 'latest', signal);
    // What was not known of an id before is known now.
    const known = this.#unknownSince.has(version.id) ? undefined : this.#loaded.get(version.id);
    const loaded = known ?? (await this.#serdeOf(version, signal));
    this.#loaded.set(version.id, loaded);
    this.#unknownSince.delete(version.id);
    return { id: version.id, loaded };
  }

  /** `latest` of a subject that has none yet: registers its first version. @throws {RegistryUnavailableError} */
  async register(subject: string, schema: NewSchema, signal: AbortSignal): ReturnType<SchemaCache['latest']> {
    await this.#client.register(subject, schema, signal);
    return this.latest(subject, signal);
  }

  #isMissing(id: number | string): boolean {
    if (!this.#loaded.has(id)) return true;
    const since = this.#unknownSince.get(id);
    return since !== undefined && performance.now() - since > UNKNOWN_MAX_AGE_MS;
  }

  #loadOnce(id: number | string, signal: AbortSignal): Promise<void> {
    const loading = this.#loading.get(id);
    if (loading !== undefined) return loading;
    const load = this.#load(id, signal).finally(() => this.#loading.delete(id));
    this.#loading.set(id, load);
    return load;
  }

  async #load(id: number | string, signal: AbortSignal): Promise<void> {
    let attempts = 0;
    const onFailure = (error: unknown): void => {
      attempts += 1;
      if (!(error instanceof UnknownSchemaError) || attempts === UNKNOWN_ATTEMPTS) throw error;
    };
    try {
      const schema = await retry(() => this.#client.schema(id, signal), { signal, onFailure });
      this.#loaded.set(id, await this.#serdeOf(schema, signal));
      this.#unknownSince.delete(id);
    } catch (error) {
      if (!(error instanceof UnknownSchemaError)) throw error;
      this.#loaded.set(id, { unusable: `the schema registry has no schema ${id}` });
      this.#unknownSince.set(id, performance.now());
    }
  }

  async #serdeOf(schema: RegisteredSchema, signal: AbortSignal): Promise<Loaded> {
    const references = await referencesOf(this.#client, schema, signal);
    try {
      return serdeOf(schema, references);
    } catch (error) {
      return { unusable: `its schema cannot be used: ${messageOf(error)}` };
    }
  }
}

function serdeOf(schema: RegisteredSchema, references: readonly NamedSchema[]): Serde {
  switch (schema.schemaType) {
    case 'AVRO':
      return avroSerde(schema, references);
    case 'PROTOBUF':
      return protobufSerde(schema, references);
    case 'JSON':
      return jsonSchemaSerde(schema, references);
  }
}
