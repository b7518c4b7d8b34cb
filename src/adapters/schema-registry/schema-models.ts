import type { DataModel } from '../../core/data-model.js';
import { messageOf } from '../../core/errors.js';
import type { Encoding } from '../../core/topic-format.js';
import { avroModel } from './avro-model.js';
import { jsonSchemaModel } from './json-schema-model.js';
import { modelOfProtobuf } from './protobuf.js';
import { type NamedSchema, referencesOf } from './references.js';
import { type RegisteredSchema, type RegistryClient, UnknownSchemaError } from './registry-client.js';

/** What values of a registered schema look like. */
export interface RegisteredModel {
  readonly encoding: Encoding;
  readonly model: DataModel;
}

/** A schema that is invalid, or lacks what it refers to. */
export class UnusableSchemaError extends Error {
  override readonly name = 'UnusableSchemaError';
}

/** What a registry's schemas say of data, for `check` and `import`. Nothing is cached. */
export class SchemaModels {
  readonly #client: RegistryClient;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  /**
   * Of the newest schema of a subject. `undefined`: it has none.
   * @throws {RegistryUnavailableError} {UnusableSchemaError}
   */
  latest(subject: string, signal: AbortSignal): Promise<RegisteredModel | undefined> {
    return this.#model(`of the subject ${subject}`, this.#client.version(subject, 'latest', signal), signal);
  }

  /** Of the schema with this number or GUID. @throws {RegistryUnavailableError} {UnusableSchemaError} */
  byId(id: number | string, signal: AbortSignal): Promise<RegisteredModel | undefined> {
    return this.#model(String(id), this.#client.schema(id, signal), signal);
  }

  async #model(
    name: string,
    schema: Promise<RegisteredSchema>,
    signal: AbortSignal,
  ): Promise<RegisteredModel | undefined> {
    try {
      const found = await schema;
      const references = await referencesOf(this.#client, found, signal);
      return readable(name, () => modelOf(found, references));
    } catch (error) {
      if (error instanceof UnknownSchemaError) return undefined;
      throw error;
    }
  }
}

function readable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = messageOf(cause);
    throw new UnusableSchemaError(`The registered schema ${name} cannot be used: ${reason}`, { cause });
  }
}

function modelOf(schema: RegisteredSchema, references: readonly NamedSchema[]): RegisteredModel {
  switch (schema.schemaType) {
    case 'AVRO':
      return { encoding: 'AVRO', model: avroModel(schema, references) };
    case 'PROTOBUF':
      return { encoding: 'PROTOBUF', model: modelOfProtobuf(schema, references) };
    case 'JSON':
      return { encoding: 'JSON_SCHEMA', model: jsonSchemaModel(schema, references) };
  }
}
