import { z } from 'zod';

/** Where a schema registry with Confluent's API is. */
export interface RegistryOptions {
  /** Such as `http://registry:8081`. A path is kept: `/apis/ccompat/v7` for Apicurio. */
  readonly url: string;
  /** `user:password`. */
  readonly basicAuth?: string | undefined;
  /** How long one request may take. */
  readonly timeoutMs?: number | undefined;
}

export type SchemaType = 'AVRO' | 'PROTOBUF' | 'JSON';

/** A schema as the registry has it. */
export interface RegisteredSchema {
  readonly schema: string;
  readonly schemaType: SchemaType;
  readonly references: readonly Reference[];
}

/** A schema that another one uses, by the name that it has there. */
export interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** The registry answered that it has no such schema, subject or version. */
export class UnknownSchemaError extends Error {
  override readonly name = 'UnknownSchemaError';
}

/** The registry cannot be reached, or cannot answer now. */
export class RegistryUnavailableError extends Error {
  override readonly name = 'RegistryUnavailableError';
}

const DEFAULT_TIMEOUT_MS = 10_000;

const registered = z.object({
  schema: z.string(),
  // Left out for Avro, which came first.
  schemaType: z.enum(['AVRO', 'PROTOBUF', 'JSON']).default('AVRO'),
  references: z
    .array(z.object({ name: z.string(), subject: z.string(), version: z.number().int() }))
    .nullish()
    .transform((references) => references ?? []),
});
const version = registered.extend({ id: z.number().int() });

/** The three questions that reading and writing ask a registry. It keeps nothing: `SchemaCache` does. */
export class RegistryClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;

  constructor({ url, basicAuth, timeoutMs = DEFAULT_TIMEOUT_MS }: RegistryOptions) {
    this.#base = url.replace(/\/+$/, '');
    const authorization = basicAuth && `Basic ${Buffer.from(basicAuth).toString('base64')}`;
    this.#headers = { accept: MEDIA_TYPES, ...(authorization && { authorization }) };
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @param id a schema's number, or its GUID
   * @throws {UnknownSchemaError} {RegistryUnavailableError}
   */
  async schema(id: number | string, signal: AbortSignal): Promise<RegisteredSchema> {
    const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${id}`;
    return registered.parse(await this.#get(path, signal));
  }

  /** A version of a subject, with the number of its schema. @throws {UnknownSchemaError} {RegistryUnavailableError} */
  async version(
    subject: string,
    number: number | 'latest',
    signal: AbortSignal,
  ): Promise<RegisteredSchema & { readonly id: number }> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${number}`;
    return version.parse(await this.#get(path, signal));
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    let response: Response;
    let body: unknown;
    try {
      const either = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]);
      response = await fetch(this.#base + path, { headers: this.#headers, signal: either });
      body = await response.json().catch(() => undefined);
    } catch (error) {
      signal.throwIfAborted();
      throw new RegistryUnavailableError(`The schema registry cannot be reached: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    if (response.ok && body !== undefined) return body;
    const said = errorBody.safeParse(body);
    const message = `The schema registry answered ${response.status} to ${path}${said.success ? `: ${said.data.message}` : ''}`;
    // A 404 without Confluent's body is of a proxy, or of another path: it says nothing of the schema.
    if (response.status === 404 && said.success) throw new UnknownSchemaError(message);
    throw new RegistryUnavailableError(message);
  }
}

const MEDIA_TYPES = 'application/vnd.schemaregistry.v1+json, application/json';

const errorBody = z.object({ error_code: z.number(), message: z.string() });

/** `fetch` wraps what happened: only the cause says it. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
