import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** What TLS needs, beside what Node trusts. Read for each request, so that a rotated certificate applies. */
export interface TlsFiles {
  readonly ca?: (() => string) | undefined;
  readonly certificate?: (() => string) | undefined;
  readonly key?: (() => string) | undefined;
  readonly keyPassword?: (() => string) | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** With a body the request is a POST, without one a GET. */
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** How much of an address an error shows. */
const MAX_SHOWN_CHARS = 200;

const isRedirect = (status = 0): boolean => status >= 300 && status < 400;

/** S4: more than any schema. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Requests over connections that are kept. `fetch` of Node 20 takes no certificates. */
export class HttpClient {
  readonly #tls: TlsFiles;
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });

  constructor(tls: TlsFiles = {}) {
    this.#tls = tls;
  }

  async ask(url: string, { headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const method = body === undefined ? 'GET' : 'POST';
    const options = { method, headers, signal };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = url.startsWith('https:')
        ? requestHttps(url, { ...options, ...this.#tlsOptions(), agent: this.#https }, resolve)
        : requestHttp(url, { ...options, agent: this.#http }, resolve);
      request.on('error', reject).end(body);
    });
    const { location } = response.headers;
    if (location !== undefined && isRedirect(response.statusCode)) {
      response.resume();
      throw new Error(`it redirects to ${location.slice(0, MAX_SHOWN_CHARS)}. Set that address.`);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) throw new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
    return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
  }

  #tlsOptions() {
    const { ca, certificate, key, keyPassword } = this.#tls;
    return {
      ...(ca === undefined ? {} : { ca: ca() }),
      ...(certificate === undefined ? {} : { cert: certificate() }),
      ...(key === undefined ? {} : { key: key() }),
      ...(keyPassword === undefined ? {} : { passphrase: keyPassword() }),
    };
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
