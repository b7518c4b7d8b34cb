import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

interface Registered {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly {
    readonly name: string;
    readonly subject: string;
    readonly version: number;
  }[];
}

/** The answers of a registry with Confluent's API, for tests of what is made of them. The real one is in test/live. */
export class FakeRegistry implements AsyncDisposable {
  readonly #server: Server;
  /** By path. */
  readonly answers = new Map<string, Registered & { readonly id?: number }>();
  /** Every path that was asked for. */
  readonly asked: string[] = [];
  /** The `authorization` of each request. */
  readonly authorizations: (string | undefined)[] = [];
  /** What it answers to everything, if set: it is away. */
  status: number | undefined;
  /** Where it says that it is, with `status`. */
  location: string | undefined;

  /** The schemas that were posted. */
  readonly registered: Registered[] = [];
  readonly #isTls: boolean;

  private constructor(tls: ServerOptions | undefined) {
    this.#isTls = tls !== undefined;
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      const path = request.url ?? '';
      this.asked.push(path);
      this.authorizations.push(request.headers.authorization);
      const registered = this.answers.get(path);
      if (request.method === 'POST' && this.status === undefined)
        void this.#register(path, request, response);
      else if (this.status !== undefined)
        response
          .writeHead(this.status, this.location === undefined ? {} : { location: this.location })
          .end('busy');
      else if (registered === undefined)
        response.writeHead(404).end(JSON.stringify({ error_code: 40403, message: 'Schema not found' }));
      else response.writeHead(200).end(JSON.stringify(registered));
    };
    this.#server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  }

  /** Gives the schema the next id. */
  async #register(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const given = JSON.parse(Buffer.concat(chunks).toString()) as Registered;
    const id = this.registered.push(given);
    this.answers.set(`${path}/latest`, { ...given, id });
    response.writeHead(200).end(JSON.stringify({ id }));
  }

  /** @param tls over TLS, with this certificate */
  static async start(tls?: ServerOptions): Promise<FakeRegistry> {
    const registry = new FakeRegistry(tls);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get url(): string {
    // Listening on a port, so the address is an object.
    return `http${this.#isTls ? 's' : ''}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  has(id: number | string, schema: unknown, more: Omit<Registered, 'schema'> = {}): void {
    const path = typeof id === 'number' ? `/schemas/ids/${id}` : `/schemas/guids/${id}`;
    this.answers.set(path, { schema: typeof schema === 'string' ? schema : JSON.stringify(schema), ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
