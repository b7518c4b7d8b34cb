import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveGateway } from '../gateway.js';
import { type Served, serve, subscribed, WAIT } from '../serve.js';

const PAGE = `
  setInterval(() => undefined, 60_000); // A waiting EventSource does not keep the process alive.
  const source = new EventSource(process.argv[1]);
  const print = (line) => console.log(JSON.stringify(line));
  source.addEventListener('next', ({ data, lastEventId }) => print({ data: JSON.parse(data), lastEventId }));
  source.addEventListener('error', () => print(source.readyState === EventSource.CLOSED ? 'closed' : 'reconnecting'));`;

/** What a browser's EventSource reports of a stream. Node's follows the same standard. */
function eventSource({ server }: Served): unknown[] {
  const url = `${server.url}?query=${encodeURIComponent('subscription { n }')}`;
  const child = spawn(process.execPath, ['--experimental-eventsource', '--no-warnings', '-e', PAGE, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const events: unknown[] = [];
  createInterface(child.stdout).on('line', (line) => events.push(JSON.parse(line)));
  return events;
}

describe("a browser's EventSource", () => {
  it('receives the last event and does not reconnect after completion', async () => {
    const served = await serve();
    const events = eventSource(served);
    const subscription = await subscribed(served);
    subscription.next(1);
    subscription.sink.complete();
    await vi.waitFor(() => expect(events).toContain('closed'), WAIT);
    expect(events).toEqual([expect.objectContaining({ lastEventId: 'c1.tag' }), 'reconnecting', 'closed']);
    expect(served.operations.subscriptions).toHaveLength(1);
  });

  it('receives an error that is final and does not reconnect', async () => {
    const served = await serve();
    const events = eventSource(served);
    const errors = [{ message: 'no', extensions: { code: 'CURSOR_INVALID', retry: false } }];
    (await subscribed(served)).sink.error(errors);
    await vi.waitFor(() => expect(events).toContain('closed'), WAIT);
    expect(events).toEqual([{ data: { errors }, lastEventId: 'over' }, 'reconnecting', 'closed']);
    expect(served.operations.subscriptions).toHaveLength(1);
  });

  it('D4 resumes after its last event when an error may pass', async () => {
    const served = await serve();
    const events = eventSource(served);
    const first = await subscribed(served);
    first.next(1);
    const errors = [{ message: 'later', extensions: { code: 'SLOW_CONSUMER', retry: true } }];
    first.sink.error(errors);
    const second = await subscribed(served, 1);
    expect(second.caller.after).toBe('c1.tag');
    expect(events).toContainEqual({ data: { errors }, lastEventId: 'c1.tag' });
    second.next(2);
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ lastEventId: 'c2.tag' }), WAIT);
    expect(events).not.toContain('closed');
  });
});

describe('Last-Event-ID', () => {
  async function open() {
    const gateway = await serveGateway();
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const stream = (query: string, lastEventId?: string) =>
      fetch(`${gateway.server.url}?query=${encodeURIComponent(query)}`, {
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
        signal: abort.signal,
      });
    /** The stream up to the given number of events. */
    const read = async (response: Response, events: number): Promise<string> => {
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        if ((text.match(/^event: .+\ndata: .*\n\n/gm)?.length ?? 0) >= events) break;
      }
      return text;
    };
    return { ...gateway, stream, read };
  }

  it('D5 answers an invalid Last-Event-ID like an invalid `after`, and ends the stream for good', async () => {
    const { stream } = await open();
    const byHeader = await (await stream('subscription { said { n } }', 'nonsense')).text();
    const byArgument = await (await stream('subscription { said(after: "nonsense") { n } }')).text();
    expect(byHeader).toContain('"code":"CURSOR_INVALID","retry":false,"reason":"MALFORMED"');
    expect(byHeader.startsWith('id: over\n')).toBe(true);
    expect(byHeader).toBe(byArgument);
  });

  it('answers 204 to the Last-Event-ID of a stream that is over', async () => {
    const { stream } = await open();
    const response = await stream('subscription { said { n } }', 'over');
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it('D3 prefers Last-Event-ID to the arguments, which an EventSource repeats on every reconnect', async () => {
    const { stream, read, say } = await open();
    await say('k', [1, 2, 3]);
    const since = 'subscription { said(since: "2020-01-01T00:00:00Z") { n } }';
    const first = await read(await stream(since), 2);
    const ids = [...first.matchAll(/^id: (.+)\nevent/gm)].map(([, id]) => id);
    const again = await read(await stream(since, ids[1]), 1);
    expect(again).toContain('"n":3');
    expect(again).not.toContain('"n":1');
    const after = `subscription { said(after: "${ids[0]}") { n } }`;
    expect(await read(await stream(after, ids[1]), 1)).not.toContain('"n":2');
  });
});
