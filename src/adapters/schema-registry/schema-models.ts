import type { DataModel } from '../../core/data-model.js';
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

/** What a registry's schemas say of data, for people who write a GraphQL schema. Nothing is kept. */
export class SchemaModels {
  readonly #client: RegistryClient;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  /**
   * Of the newest schema of a subject. `undefined`: it has none.
   * @throws {RegistryUnavailableError}, or why the schema cannot be used
   */
  latest(subject: string, signal: AbortSignal): Promise<RegisteredModel | undefined> {
    return this.#model(this.#client.version(subject, 'latest', signal), signal);
  }

  /** Of the schema with this number or GUID. @throws as `latest` */
  byId(id: number | string, signal: AbortSignal): Promise<RegisteredModel | undefined> {
    return this.#model(this.#client.schema(id, signal), signal);
  }

  async #model(schema: Promise<RegisteredSchema>, signal: AbortSignal): Promise<RegisteredModel | undefined> {
    try {
      const found = await schema;
      return modelOf(found, await referencesOf(this.#client, found, signal));
    } catch (error) {
      if (error instanceof UnknownSchemaError) return undefined;
      throw error;
    }
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
