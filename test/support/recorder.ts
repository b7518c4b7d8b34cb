import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { z } from 'zod';

const Meta = z.object({ id: z.string(), partition: z.number(), offset: z.string() });
const Frame = z.object({ extensions: z.object({ event: Meta, cursor: z.string().min(20) }) });

/** What one subscriber was given, in the order in which it came. */
export class Recorder implements AsyncDisposable {
  readonly name: string;
  readonly received: { id: string; partition: number; offset: number; cursor: string }[] = [];
  /** Errors and ends that nobody asked for. */
  readonly faults: string[] = [];
  readonly #close: () => Promise<void> | void;
  #closed = false;

  private constructor(
    name: string,
    open: (take: (frame: unknown) => void, fault: (what: string) => void) => () => Promise<void> | void,
  ) {
    this.name = name;
    this.#close = open(
      (frame) => this.#take(frame),
      (what) => {
        if (!this.#closed) this.faults.push(what);
      },
    );
  }

  static overWebSocket(
    name: string,
    url: string,
    query: string,
    variables: Record<string, unknown> = {},
  ): Recorder {
    return new Recorder(name, (take, fault) => {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      client.subscribe(
        { query, variables },
        {
          next: take,
          error: (error) => fault(`error ${JSON.stringify(error)}`),
          complete: () => fault('complete'),
        },
      );
      return () => client.dispose();
    });
  }

  static overSse(
    name: string,
    url: string,
    query: string,
    variables: Record<string, unknown> = {},
  ): Recorder {
    return new Recorder(name, (take, fault) => {
      const stop = new AbortController();
      const work = readEvents(`${url}/graphql`, { query, variables }, take, stop.signal).then(
        () => fault('complete'),
        (error: unknown) => fault(String(error)),
      );
      return async () => {
        stop.abort();
        await work;
      };
    });
  }

  #take(frame: unknown): void {
    const parsed = Frame.safeParse(frame);
    if (!parsed.success) {
      this.faults.push(`not a result: ${JSON.stringify(frame).slice(0, 300)}`);
      return;
    }
    const { event, cursor } = parsed.data.extensions;
    this.received.push({ id: event.id, partition: event.partition, offset: Number(event.offset), cursor });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#close();
  }
}

async function readEvents(
  url: string,
  body: unknown,
  take: (frame: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(body),
    signal,
  });
  if (response.body === null) throw new Error(`no body, status ${response.status}`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: ?(.+)$/m.exec(block)?.[1];
      if (data !== undefined) take(JSON.parse(data));
    }
  }
}

/** Loss, duplicates, disorder and silence of one subscriber against what is in the log. */
export function check(recorder: Recorder, expected: ReadonlySet<string>): readonly string[] {
  const faults = [...recorder.faults];
  const seen = new Set<string>();
  const at = new Map<number, number>();
  for (const { id, partition, offset } of recorder.received) {
    if (seen.has(id)) faults.push(`duplicate ${id} at ${partition}/${offset}`);
    seen.add(id);
    if (offset <= (at.get(partition) ?? -1)) faults.push(`disorder at ${partition}/${offset}`);
    at.set(partition, offset);
    if (!expected.has(id)) faults.push(`unknown ${id} at ${partition}/${offset}`);
  }
  const lost = [...expected].filter((id) => !seen.has(id));
  if (lost.length > 0) faults.push(`${lost.length} of ${expected.size} lost, the first is ${lost[0]}`);
  return faults.slice(0, 10).map((fault) => `${recorder.name}: ${fault}`);
}
