import { z } from 'zod';
import { messageOf } from '../../core/errors.js';
import { refusalIn } from '../../core/refusal.js';
import type { OnProblem } from '../../ports/problem.js';
import { Refusals } from '../../ports/refusals.js';
import { type HttpAnswer, HttpClient, type TlsFiles } from './http.js';
import type { NewSchema } from './new-schema.js';
import { type RegistryIdentity, refusedByStatus, refusedByTls } from './refused.js';

/** Where a schema registry with Confluent's API is. */
export interface RegistryOptions {
  /** Such as `http://registry:8081`. A path is kept: `/apis/ccompat/v7` for Apicurio. */
  readonly url: string;
  /** `user:password`. Read for each request. */
  readonly basicAuth?: (() => string) | undefined;
  readonly tls?: TlsFiles | undefined;
  /** How long one request may take. */
  readonly timeoutMs?: number | undefined;
  readonly onProblem?: OnProblem | undefined;
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

/** The requests that reading and writing send to a registry. It caches nothing: `SchemaCache` does. */
export class RegistryClient implements Disposable {
  readonly #options: RegistryOptions;
  readonly #base: string;
  readonly #http: HttpClient;
  readonly #onProblem: OnProblem;
  readonly #closed = new AbortController();
  readonly #refusals: Refusals;
  #isAway = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
    this.#http = new HttpClient(options.tls);
    this.#onProblem = options.onProblem ?? (() => undefined);
    this.#refusals = new Refusals(this.#onProblem, this.#closed.signal);
  }

  /**
   * @param id a schema's number, or its GUID
   * @throws {UnknownSchemaError} {RegistryUnavailableError}
   */
  async schema(id: number | string, signal: AbortSignal): Promise<RegisteredSchema> {
    const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${id}`;
    return registered.parse(await this.#get(path, 'read schemas', signal));
  }

  /** A version of a subject, with the number of its schema. @throws {UnknownSchemaError} {RegistryUnavailableError} */
  async version(
    subject: string,
    number: number | 'latest',
    signal: AbortSignal,
  ): Promise<RegisteredSchema & { readonly id: number }> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${number}`;
    return version.parse(await this.#get(path, `read the subject ${subject}`, signal));
  }

  /** Registers a schema. Registering the same schema again changes nothing. @throws {RegistryUnavailableError} */
  async register(subject: string, schema: NewSchema, signal: AbortSignal): Promise<void> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    await this.#get(path, `register a schema of the subject ${subject}`, signal, JSON.stringify(schema));
  }

  /**
   * Resolves if the registry answers, as far as this process knows. Asks only if the last request failed: known schemas are read
   * and written without the registry, so an outage that no request has met does not count.
   * @throws {RegistryUnavailableError}
   */
  async check(signal: AbortSignal): Promise<void> {
    if (this.#isAway) await this.ping(signal);
  }

  /** Resolves if the registry answers and accepts this process's credentials. @throws {RegistryUnavailableError} */
  async ping(signal: AbortSignal): Promise<void> {
    await this.#get('/schemas/types', 'read schemas', signal);
  }

  /** @param body posted, if there is one */
  async #get(path: string, attempted: string, signal: AbortSignal, body?: string): Promise<unknown> {
    try {
      const answer = await this.#answer(path, attempted, signal, body);
      this.#isAway = false;
      return answer;
    } catch (error) {
      this.#isAway = error instanceof RegistryUnavailableError;
      // A refusal reports itself.
      if (this.#isAway && refusalIn(error) === undefined)
        this.#onProblem({
          kind: 'schema-registry',
          message: 'the schema registry does not answer; waiting for it',
          cause: error,
        });
      throw error;
    }
  }

  async #answer(path: string, attempted: string, signal: AbortSignal, posted?: string): Promise<unknown> {
    const { status, body } = await this.#ask(path, signal, posted).catch((error: unknown) => {
      signal.throwIfAborted();
      throw this.#unreachable(path, error, posted);
    });
    const refused = refusedByStatus(status, attempted, this.#identity);
    if (refused !== undefined) throw this.#refusedError(path, refused, posted);
    const json = parsed(body);
    if (status >= 200 && status < 300 && json !== undefined) return json;
    const said = errorBody.safeParse(json);
    const message = `The schema registry answered ${status} to ${path}${said.success ? `: ${said.data.message}` : ''}`;
    // A 404 without Confluent's body is of a proxy, or of another path: it says nothing of the schema.
    if (status === NOT_FOUND && said.success) throw new UnknownSchemaError(message);
    throw new RegistryUnavailableError(message);
  }

  async #ask(path: string, signal: AbortSignal, body?: string): Promise<HttpAnswer> {
    const { basicAuth, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    const credentials = basicAuth && Buffer.from(basicAuth()).toString('base64');
    const headers = {
      accept: MEDIA_TYPES,
      ...(body !== undefined && { 'content-type': 'application/vnd.schemaregistry.v1+json' }),
      ...(credentials !== undefined && { authorization: `Basic ${credentials}` }),
    };
    const either = AbortSignal.any([signal, this.#closed.signal, AbortSignal.timeout(timeoutMs)]);
    return this.#http.ask(this.#base + path, { headers, signal: either, body });
  }

  #unreachable(path: string, error: unknown, posted: string | undefined): RegistryUnavailableError {
    const refused = error instanceof Error ? refusedByTls(error, this.#identity) : undefined;
    if (refused !== undefined) return this.#refusedError(path, refused, posted);
    const message = `The schema registry cannot be reached: ${reasonOf(error)}`;
    return new RegistryUnavailableError(message, { cause: error });
  }

  #refusedError(
    path: string,
    refused: ReturnType<typeof refusedByTls> & object,
    posted: string | undefined,
  ): RegistryUnavailableError {
    const isMended = async (signal: AbortSignal): Promise<boolean> => {
      const { status } = await this.#ask(path, signal, posted);
      return refusedByStatus(status, '', this.#identity) === undefined;
    };
    const cause = this.#refusals.of(refused, isMended);
    return new RegistryUnavailableError('The schema registry refuses this process at the moment.', { cause });
  }

  get #identity(): RegistryIdentity {
    const user = this.#options.basicAuth?.().split(':', 1)[0];
    return { at: new URL(this.#base).origin, user };
  }

  [Symbol.dispose](): void {
    this.#closed.abort(new Error('The process is shutting down.'));
    this.#http[Symbol.dispose]();
  }
}

const NOT_FOUND = 404;

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const MEDIA_TYPES = 'application/vnd.schemaregistry.v1+json, application/json';

const errorBody = z.object({ error_code: z.number(), message: z.string() });

function reasonOf(error: unknown): string {
  // Of several addresses of one name, none could be reached.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return messageOf(first);
}
