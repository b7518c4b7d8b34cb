import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

interface Frame {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[];
  readonly extensions?: { readonly event: { readonly offset: string }; readonly cursor: string };
}

/** An event stream whose client reads nothing until `rest`, and then everything. */
export class StuckStream implements AsyncDisposable {
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.#response = response;
  }

  static async open(url: string, query: string, variables: Readonly<Record<string, unknown>>) {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const sent = request(`${url}/graphql`, { method: 'POST', headers, agent: false });
    sent.end(JSON.stringify({ query, variables, extensions: { eventContext: true } }));
    const [response] = await once(sent, 'response');
    return new StuckStream(response as IncomingMessage); // The type that Node documents for this event.
  }

  /** Reads to the end. @returns the offsets of the events, and the `extensions` of the errors at the end */
  async rest(): Promise<{ readonly offsets: readonly number[]; readonly errors: readonly unknown[] }> {
    const offsets: number[] = [];
    const errors: unknown[] = [];
    let text = '';
    for await (const chunk of this.#response.setEncoding('utf8')) {
      text += String(chunk);
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: ?(.+)$/m.exec(block)?.[1];
        if (data === undefined) continue;
        const frame: Frame = JSON.parse(data);
        if (frame.extensions !== undefined) offsets.push(Number(frame.extensions.event.offset));
        else errors.push(...(frame.errors ?? []).map(({ extensions }) => extensions));
      }
    }
    return { offsets, errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#response.destroy();
  }
}
