import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveGateway } from '../gateway.js';
import { type Served, serve, subscribed, WAIT } from '../serve.js';

const PAGE = `
  setInterval(() => undefined, 60_000); // It does not keep a process alive while it waits to come back.
  const source = new EventSource(process.argv[1]);
  const say = (line) => console.log(JSON.stringify(line));
  source.addEventListener('next', ({ data, lastEventId }) => say({ data: JSON.parse(data), lastEventId }));
  source.addEventListener('error', () => say(source.readyState === EventSource.CLOSED ? 'closed' : 'again'));`;

/** What a browser's EventSource says of a stream: Node has one, by the same standard. */
function eventSource({ server }: Served): unknown[] {
  const url = `${server.url}?query=${encodeURIComponent('subscription { n }')}`;
  const child = spawn(process.execPath, ['--experimental-eventsource', '--no-warnings', '-e', PAGE, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const said: unknown[] = [];
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line)));
  return said;
}

describe("a browser's EventSource", () => {
  it('stops when nothing follows, after its last event', async () => {
    const served = await serve();
    const said = eventSource(served);
    const subscription = await subscribed(served);
    subscription.next(1);
    subscription.sink.complete();
    await vi.waitFor(() => expect(said).toContain('closed'), WAIT);
    expect(said).toEqual([expect.objectContaining({ lastEventId: 'c1.tag' }), 'again', 'closed']);
    expect(served.operations.subscriptions).toHaveLength(1);
  });

  it('stops at an error that stays one, and is shown it', async () => {
    const served = await serve();
    const said = eventSource(served);
    const errors = [{ message: 'no', extensions: { code: 'CURSOR_INVALID', retry: false } }];
    (await subscribed(served)).sink.error(errors);
    await vi.waitFor(() => expect(said).toContain('closed'), WAIT);
    expect(said).toEqual([{ data: { errors }, lastEventId: 'over' }, 'again', 'closed']);
    expect(served.operations.subscriptions).toHaveLength(1);
  });

  it('D4 goes on at its last event after an error that may pass', async () => {
    const served = await serve();
    const said = eventSource(served);
    const first = await subscribed(served);
    first.next(1);
    const errors = [{ message: 'later', extensions: { code: 'SLOW_CONSUMER', retry: true } }];
    first.sink.error(errors);
    const second = await subscribed(served, 1);
    expect(second.caller.after).toBe('c1.tag');
    expect(said).toContainEqual({ data: { errors }, lastEventId: 'c1.tag' });
    second.next(2);
    await vi.waitFor(() => expect(said.at(-1)).toMatchObject({ lastEventId: 'c2.tag' }), WAIT);
    expect(said).not.toContain('closed');
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
    /** The stream up to where it has so many events. */
    const read = async (response: Response, events: number): Promise<string> => {
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        if (text.split('\n\n').length > events) break;
      }
      return text;
    };
    return { ...gateway, stream, read };
  }

  it('D5 that is no cursor gets the error that the argument gets, and the stream is over', async () => {
    const { stream } = await open();
    const byHeader = await (await stream('subscription { said { n } }', 'nonsense')).text();
    const byArgument = await (await stream('subscription { said(after: "nonsense") { n } }')).text();
    expect(byHeader).toContain('"code":"CURSOR_INVALID","retry":false,"reason":"MALFORMED"');
    expect(byHeader.startsWith('id: over\n')).toBe(true);
    expect(byHeader).toBe(byArgument);
  });

  it('that is over gets 204: nothing follows', async () => {
    const { stream } = await open();
    const response = await stream('subscription { said { n } }', 'over');
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it('D3 counts for more than the arguments, which an EventSource repeats for ever', async () => {
    const { stream, read, say } = await open();
    await say('k', [1, 2, 3]);
    const since = 'subscription { said(since: "2020-01-01T00:00:00Z") { n } }';
    const first = await read(await stream(since), 2);
    const ids = [...first.matchAll(/^id: (.+)$/gm)].map(([, id]) => id);
    const again = await read(await stream(since, ids[1]), 1);
    expect(again).toContain('"n":3');
    expect(again).not.toContain('"n":1');
    const after = `subscription { said(after: "${ids[0]}") { n } }`;
    expect(await read(await stream(after, ids[1]), 1)).not.toContain('"n":2');
  });
});
