import { ClientError, type ShownError } from './client-error.js';
import { EventStreamParser } from './event-stream-parser.js';
import type {
  Credentials,
  Link,
  LinkListener,
  Loss,
  OpenLink,
  Operation,
  OperationSink,
  Result,
} from './link.js';

export type Fetch = typeof fetch;

/** How long a stream may be silent, also before its first byte: the gateway and graphql-sse send a comment every 12 s. */
const MAX_SILENCE_MS = 30_000;

/**
 * Opens "connections" over SSE, in distinct connections mode: each operation is a request of its own.
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md
 */
export function eventStreamLinks(url: string, fetchImpl: Fetch): OpenLink {
  return (credentials, listener): Link => {
    const control = new AbortController();
    const streams = new Set<Stream>();
    let isOver = false;
    const end = (): void => {
      isOver = true;
      control.abort();
      for (const stream of [...streams]) stream.stop();
    };
    const lose = (loss: Loss): void => {
      if (isOver) return;
      end();
      listener.lost(loss);
    };
    probe(url, fetchImpl, credentials, control.signal).then(
      () => isOver || listener.opened(undefined),
      (error: unknown) => lose({ kind: 'retry', why: String(error) }),
    );
    const parts: StreamParts = {
      request: { url, fetchImpl, credentials },
      listener: { heard: () => isOver || listener.heard(), lost: lose },
      // Another open stream shows that the server is still there.
      isLast: () => streams.size <= 1,
      onEnd: (stream) => void streams.delete(stream),
    };
    return {
      start(operation, sink) {
        const stream = new Stream(operation, sink, parts);
        streams.add(stream);
        void stream.run();
        return () => stream.stop();
      },
      // Each stream watches its own silence; without a stream there is nothing to lose.
      probe: () => listener.heard(),
      close: end,
    };
  };
}

/**
 * Any answer of the server shows that it can be reached. While it is away, a load balancer answers for it with 502, 503 or
 * 504, and Vite's proxy with 500.
 * @throws when there is no answer of the server
 */
async function probe(
  url: string,
  fetchImpl: Fetch,
  headers: Credentials,
  signal: AbortSignal,
): Promise<void> {
  const query = `${url}${url.includes('?') ? '&' : '?'}query=%7B__typename%7D`;
  const response = await fetchImpl(query, { headers: { ...headers, accept: 'application/json' }, signal });
  await response.body?.cancel();
  if (response.status >= 500) throw new Error(`the server answered with ${response.status}`);
}

interface StreamParts {
  readonly request: { readonly url: string; readonly fetchImpl: Fetch; readonly credentials: Credentials };
  readonly listener: Pick<LinkListener, 'heard' | 'lost'>;
  /** Whether no other stream is open. */
  readonly isLast: () => boolean;
  readonly onEnd: (stream: Stream) => void;
}

/** One operation over SSE. */
class Stream {
  readonly #operation: Operation;
  readonly #sink: OperationSink;
  readonly #parts: StreamParts;
  readonly #control = new AbortController();
  #isDone = false;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(operation: Operation, sink: OperationSink, parts: StreamParts) {
    this.#operation = operation;
    this.#sink = sink;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    // Before the request: a proxy may swallow it, and then no headers ever come.
    this.#watchSilence();
    try {
      const response = await this.#fetch();
      if (!response.ok) this.#refuse(await refusalOf(response));
      else await this.#read(response);
    } catch (error) {
      this.#lose({ kind: 'retry', why: String(error) });
    }
  }

  /** Ends it on the client's behalf. */
  stop(): void {
    this.#end();
  }

  #fetch(): Promise<Response> {
    const { url, fetchImpl, credentials } = this.#parts.request;
    const operation = this.#operation;
    return fetchImpl(url, {
      method: 'POST',
      headers: { ...credentials, 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ ...operation, extensions: { eventContext: true, ...operation.extensions } }),
      signal: this.#control.signal,
    });
  }

  async #read(response: Response): Promise<void> {
    const parser = new EventStreamParser(({ event, data, id, behind }) => {
      if (this.#isDone) return;
      if (event === 'next') this.#next(JSON.parse(data));
      else if (event === 'complete') this.#end() && this.#sink.complete();
      else if (event === undefined && id !== undefined) this.#sink.position(id, behind);
    });
    const reader = response.body?.getReader();
    for (;;) {
      this.#heard();
      const { value } = (await reader?.read()) ?? {};
      if (value === undefined) break;
      parser.push(value);
    }
    this.#lose({ kind: 'retry', why: 'the stream ended' });
  }

  #next(result: Result): void {
    // The end of a stream with an error: errors alone, and `complete` behind them.
    if (result.errors === undefined || 'data' in result) {
      this.#sink.next(result);
      return;
    }
    const { message: why, extensions } = ClientError.of(result.errors);
    // As a 401 of a request: other credentials are needed, for all operations.
    if (extensions['reason'] === 'REVOKED') this.#refuse({ kind: 'refused', why });
    else if (this.#end()) this.#sink.error(result.errors);
  }

  #heard(): void {
    this.#parts.listener.heard();
    this.#watchSilence();
  }

  #watchSilence(): void {
    clearTimeout(this.#silence);
    if (this.#isDone) return;
    const why = 'the server gives no sign of life';
    this.#silence = setTimeout(() => this.#lose({ kind: 'retry', why }), MAX_SILENCE_MS);
  }

  #refuse(refusal: Loss | readonly ShownError[]): void {
    if (!('kind' in refusal)) {
      if (this.#end()) this.#sink.error(refusal);
    } else if (refusal.kind === 'retry') this.#lose(refusal);
    else if (this.#end()) this.#parts.listener.lost(refusal);
  }

  #lose(loss: Loss): void {
    // Read before `#end`, which forgets this one.
    const isConnection = this.#parts.isLast();
    if (!this.#end()) return;
    if (isConnection) this.#parts.listener.lost(loss);
    else this.#sink.lost(loss);
  }

  /** @returns `false` if it had ended before */
  #end(): boolean {
    if (this.#isDone) return false;
    this.#isDone = true;
    clearTimeout(this.#silence);
    this.#control.abort();
    this.#parts.onEnd(this);
    return true;
  }
}

/** What a refused request means: a loss, which may pass, or errors that end the operation. */
async function refusalOf(response: Response): Promise<Loss | readonly ShownError[]> {
  const { status, headers } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const { errors = [] } = (body ?? {}) as { readonly errors?: readonly ShownError[] };
  const why = errors[0]?.message ?? `the server answered with ${status}`;
  if (status === 401) return { kind: 'refused', why };
  const mayPass = status >= 500 || status === 429 || status === 408;
  if (errors.length > 0 && !mayPass) return errors;
  const seconds = Number(headers.get('retry-after') ?? 0);
  return { kind: 'retry', why, retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : 0 };
}
