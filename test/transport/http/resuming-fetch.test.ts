import { describe, expect, it, onTestFinished } from 'vitest';
import type { Authenticate } from '../../../src/auth/authenticate.js';
import { MillraceError } from '../../../src/core/errors.js';
import { ANONYMOUS } from '../../../src/core/identity.js';
import { resumingFetch } from '../../../src/transport/http/resuming-fetch.js';
import { TcpProxy } from '../../faults/support/proxy.js';
import { serveGateway } from '../gateway.js';
import { WAIT } from '../serve.js';

const SAID = 'query=subscription{said{n}}';

const anybody: Authenticate = () => Promise.resolve(ANONYMOUS);

/** As the page has it: made from its text. */
const onPage: typeof resumingFetch = new Function(`return ${resumingFetch}`)();

/** A gateway behind a line that can be cut, and what a page reads there. */
async function open(query = SAID, { accept = 'text/event-stream', authenticate = anybody } = {}) {
  const served = await serveGateway({}, { authenticate });
  const proxy = await TcpProxy.open({ target: served.server.url });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const init = { headers: { accept }, signal: stop.signal };
  const response = await onPage(fetch)(`http://${proxy.address}/graphql?${query}`, init);
  const seen = { text: '', ended: undefined as string | undefined };
  const reading = async () => {
    for await (const chunk of response.body ?? []) seen.text += Buffer.from(chunk).toString();
    return 'at its end';
  };
  void reading().then(
    (how) => {
      seen.ended = how;
    },
    (error: Error) => {
      seen.ended = error.name;
    },
  );
  return { served, proxy, stop, response, seen };
}

const numbers = (text: string) => [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));

describe("the streams of GraphiQL's page", () => {
  it('D3 D4 resume after lost connections, before the first result too', async () => {
    const { served, proxy, stop, seen } = await open();
    await expect.poll(served.live, WAIT).toBe(1);
    await expect.poll(() => seen.text, WAIT).toContain('id: ');
    for (const n of [1, 2, 3]) {
      proxy.refuse();
      await expect.poll(served.live, WAIT).toBe(0);
      await served.say('k', [n]);
      proxy.pass();
      await expect.poll(() => numbers(seen.text).at(-1), WAIT).toBe(n);
    }
    expect(numbers(seen.text)).toEqual([1, 2, 3]);
    stop.abort();
    await expect.poll(() => seen.ended, WAIT).toBe('AbortError');
    await expect.poll(served.live, WAIT).toBe(0);
  });

  it('continue with whole blocks when a connection is lost within one', async () => {
    const { served, proxy, seen } = await open();
    await expect.poll(() => seen.text, WAIT).toContain('id: ');
    let isTorn = false;
    proxy.judge = (chunk) => {
      if (!chunk.includes('"n":1')) return 'pass';
      isTorn = true;
      return { instead: chunk.subarray(0, chunk.indexOf('"n":1') + 4) };
    };
    await served.say('k', [1]);
    await expect.poll(() => isTorn, WAIT).toBe(true);
    proxy.judge = () => 'pass';
    proxy.cut();
    await served.say('k', [2]);
    await expect.poll(() => numbers(seen.text), WAIT).toEqual([1, 2]);
    for (const block of seen.text.split('\n\n').filter((text) => text.startsWith('event: next')))
      expect(() => JSON.parse(block.replace(/^[^{]*/, ''))).not.toThrow();
  });

  it('show that they are refused for now, and continue afterwards', async () => {
    let isDown = false;
    const authenticate: Authenticate = async (request) => {
      if (!isDown) return anybody(request);
      throw new MillraceError('AUTH_UNAVAILABLE', 'Nobody can tell.');
    };
    const { served, proxy, seen } = await open(SAID, { authenticate });
    await expect.poll(() => seen.text, WAIT).toContain('id: ');
    isDown = true;
    proxy.cut();
    await expect.poll(() => seen.text, WAIT).toContain('AUTH_UNAVAILABLE');
    await served.say('k', [1]);
    isDown = false;
    await expect.poll(() => numbers(seen.text), WAIT).toEqual([1]);
    expect(seen).toMatchObject({ ended: undefined, text: expect.not.stringContaining('complete') });
  });

  it('end with the refusal, or when the server completes them', async () => {
    const invalid = await open('query=subscription{none{n}}');
    await expect.poll(() => invalid.seen.ended, WAIT).toBe('at its end');
    expect(invalid.seen.text).toContain('Cannot query field');
  });

  it('leave other responses alone', async () => {
    const { response, seen } = await open('query={ok}', { accept: 'application/json' });
    await expect.poll(() => seen.ended, WAIT).toBe('at its end');
    expect(response.headers.get('content-type')).toContain('json');
    expect(JSON.parse(seen.text)).toEqual({ data: { ok: null } });
  });
});
