import { attempt } from '../../core/attempt.js';
import type { EncodedValue, SchemaCodec } from '../../core/schema-codec.js';
import type { Encoding } from '../../core/topic-format.js';
import type { NewSchema } from './new-schema.js';
import { UnknownSchemaError } from './registry-client.js';
import type { Loaded, SchemaCache } from './schema-cache.js';
import type { Serde } from './serde.js';
import { type FramedValue, frame, readFrame } from './wire-format.js';

const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  AVRO: 'application/avro',
  PROTOBUF: 'application/protobuf',
  JSON_SCHEMA: 'application/schema+json',
};

/** How long a subject's newest version is written with before the registry is asked again. */
const LATEST_MAX_AGE_MS = 60_000;

/** Confluent's TopicNameStrategy, the default of every serialiser. */
export const subjectsOf = (topic: string) => ({ key: `${topic}-key`, value: `${topic}-value` });

/** The codec of values, or of keys, that are framed with the id of a schema in a registry. */
export class RegistryCodec implements SchemaCodec {
  readonly contentType: string;
  readonly #schemas: SchemaCache;
  readonly #subject: string;
  readonly #first: (() => NewSchema) | undefined;
  #latest: { readonly id: number; readonly loaded: Loaded; readonly asOf: number } | undefined;

  /**
   * @param first the schema to register when something is published to a subject that has none. It throws what is wrong
   *   with the types of the data. Left out: nothing is registered
   */
  constructor(encoding: Encoding, subject: string, schemas: SchemaCache, first?: () => NewSchema) {
    this.#first = first;
    this.contentType = MEDIA_TYPES[encoding];
    this.#schemas = schemas;
    this.#subject = subject;
  }

  /** The frame tells what a value is, so a media type that does not say otherwise is no reason to refuse it. */
  reads(contentType: string): boolean {
    return !/^\s*(text|image|audio|video)\//i.test(contentType);
  }

  async prepareDecode(values: readonly EncodedValue[], signal: AbortSignal): Promise<void> {
    const ids = values.flatMap(({ value }) => attempt(() => readFrame(value).schemaId) ?? []);
    await this.#schemas.load(ids, signal);
  }

  decode(_type: string, value: Buffer): Buffer {
    const { payload, serde } = this.#read(value);
    return serde.decode(payload);
  }

  nameOf(value: Buffer): string | undefined {
    return attempt(() => {
      const { payload, serde } = this.#read(value);
      return serde.nameOf(payload);
    });
  }

  async prepareEncode(_types: readonly string[], signal: AbortSignal): Promise<void> {
    const latest = this.#latest;
    if (latest !== undefined && performance.now() - latest.asOf < LATEST_MAX_AGE_MS) return;
    const asOf = performance.now();
    try {
      this.#latest = { ...(await this.#schemas.latest(this.#subject, signal)), asOf };
    } catch (error) {
      // The version that is known stays valid while the registry is away. A subject without any is left to `encode`, which
      // says so: it does not pass by itself.
      if (latest !== undefined) this.#latest = { ...latest, asOf };
      else if (!(error instanceof UnknownSchemaError)) throw error;
      else await this.#register(asOf, signal);
    }
  }

  async #register(asOf: number, signal: AbortSignal): Promise<void> {
    const schema = this.#first && attempt(this.#first);
    if (schema === undefined) return;
    this.#latest = { ...(await this.#schemas.register(this.#subject, schema, signal)), asOf };
  }

  encode(type: string, json: Buffer): Buffer {
    if (this.#latest === undefined) {
      // What kept it from being registered, if anything did.
      this.#first?.();
      throw new Error(`The schema registry has no schema for the subject ${this.#subject}: register one`);
    }
    const { id, loaded } = this.#latest;
    return frame(id, usable(loaded).encode(type, json));
  }

  #read(value: Buffer): Omit<FramedValue, 'schemaId'> & { readonly serde: Serde } {
    const { schemaId, payload } = readFrame(value);
    const loaded = this.#schemas.get(schemaId);
    if (loaded === undefined) throw new Error(`the schema ${schemaId} is not loaded`);
    return { payload, serde: usable(loaded) };
  }
}

function usable(loaded: Loaded): Serde {
  if ('unusable' in loaded) throw new Error(loaded.unusable);
  return loaded;
}
