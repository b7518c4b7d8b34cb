import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../src/cli/client/client-options.js';
import { LineOutput } from '../../src/cli/client/line-output.js';
import { inputLines } from '../../src/cli/publish/input-lines.js';
import { Progress } from '../../src/cli/publish/progress-file.js';
import { type PublishOptions, publishLines } from '../../src/cli/publish/publish-lines.js';
import { UserError } from '../../src/cli/user-error.js';

interface Asked {
  readonly key: string;
  readonly text: string;
}

/** A server of mutations: `answer` says what comes back, and `drop` cuts the connection instead. */
async function serve(answer: (asked: Asked, attempt: number) => Promise<object | 'drop'> | object | 'drop') {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const one = { key: String(request.headers['idempotency-key']), text: JSON.parse(body).variables.text };
    asked.push(one);
    const given = await answer(one, asked.filter(({ key }) => key === one.key).length);
    if (given === 'drop') request.socket.destroy();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(given));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return { asked, url: `http://127.0.0.1:${port}/graphql` };
}

let stop = new AbortController();

const said = ({ text }: Asked) => ({ data: { say: text } });
const linesOf = (...texts: string[]): string => texts.map((text) => `${JSON.stringify({ text })}\n`).join('');
const stateFile = (): string => join(mkdtempSync(join(tmpdir(), 'millrace-publish-')), 'state');

async function publish(url: string, input: string | Buffer, options: Partial<PublishOptions> = {}) {
  const { client } = connect({ url, header: [] });
  onTestFinished(() => client.close());
  const output = new PassThrough();
  const failures: unknown[] = [];
  const counts = await publishLines({
    client,
    document: 'mutation($text: String!) { say(text: $text) }',
    lines: inputLines(Readable.from([Buffer.from(input)])),
    concurrency: 1,
    keepsGoing: false,
    timeoutMs: 30_000,
    progress: new Progress(undefined),
    output: new LineOutput(output),
    onFailure: (line, { code }) => failures.push([line, code]),
    signal: new AbortController().signal,
    ...options,
  });
  const lines = String(output.read() ?? '')
    .trim()
    .split('\n')
    .filter(Boolean);
  return { ...counts, failures, outcomes: lines.map((line) => JSON.parse(line)) };
}

describe('publish', () => {
  it('D1 runs one mutation a line, in order, with one key for all attempts at a line', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const served = await serve((asked, attempt) =>
      asked.text === 'b' && attempt < 3 ? 'drop' : said(asked),
    );
    const { outcomes, published } = await publish(
      served.url,
      `\n${linesOf('a', 'b').replaceAll('\n', '\r\n')}{"text":"c"}`,
    );
    expect(served.asked.map(({ text }) => text)).toEqual(['a', 'b', 'b', 'b', 'c']);
    expect(new Set(served.asked.map(({ key }) => key)).size).toBe(3);
    expect(outcomes).toEqual([2, 3, 4].map((line, i) => ({ line, data: { say: 'abc'[i] } })));
    expect(published).toBe(3);
  });

  it('stops at the first line that fails, says why, and continues there with --state', async () => {
    const refused = { errors: [{ message: 'No.', extensions: { code: 'EVENT_INVALID', retry: false } }] };
    const served = await serve((asked) => (asked.text === 'b' ? refused : said(asked)));
    const state = stateFile();
    const progress = new Progress(state);
    const { outcomes, failures } = await publish(served.url, linesOf('a', 'b', 'c'), { progress });
    expect(served.asked.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(failures).toEqual([[2, 'EVENT_INVALID']]);
    expect(outcomes[1]).toMatchObject({ line: 2, error: { code: 'EVENT_INVALID', message: 'No.' } });
    // Corrected, it is another mutation.
    await publish(served.url, linesOf('a', 'B', 'c'), { progress: new Progress(state) });
    expect(served.asked.map(({ text }) => text)).toEqual(['a', 'b', 'B', 'c']);
    expect(new Set(served.asked.map(({ key }) => key)).size).toBe(4);
  });

  it('--keep-going publishes the lines after a line that is not JSON, not an object, or not UTF-8', async () => {
    const served = await serve(said);
    const input = Buffer.concat([Buffer.from('{\n[]\n'), Buffer.of(0xff, 0x0a), Buffer.from(linesOf('a'))]);
    const { outcomes, failures } = await publish(served.url, input, { keepsGoing: true });
    expect(failures).toEqual([1, 2, 3].map((line) => [line, 'BAD_INPUT']));
    expect(outcomes.map(({ line, data }) => [line, data?.say])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, undefined],
      [4, 'a'],
    ]);
  });

  it('C4 has at most --concurrency mutations in flight, and prints outcomes in the order of the input', async () => {
    let inFlight = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const served = await serve(async (asked) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      // The first one is answered last.
      if (asked.text === '0') await new Promise<void>((resolve) => waiting.push(resolve));
      else if (asked.text === '3') waiting[0]?.();
      inFlight -= 1;
      return said(asked);
    });
    const { outcomes } = await publish(served.url, linesOf('0', '1', '2', '3', '4', '5'), { concurrency: 4 });
    expect(outcomes.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('D1 --state continues with the line whose outcome is not known, under its key', async () => {
    const state = stateFile();
    const served = await serve(async (asked, attempt) => {
      if (attempt > 1) return said(asked);
      // It has acted, and the command is killed before it gets the answer.
      stop.abort();
      return 'drop';
    });
    const input = linesOf('a', 'b');
    for (const line of [0, 0, 1]) {
      expect(new Progress(state).line).toBe(line);
      stop = new AbortController();
      await publish(served.url, input, { progress: new Progress(state), signal: stop.signal });
    }
    expect(new Progress(state).line).toBe(2);
    expect(served.asked.map(({ text }) => text)).toEqual(['a', 'a', 'b', 'b']);
    const [a, again, b, last] = served.asked.map(({ key }) => key);
    expect([again, last]).toEqual([a, b]);
    expect(a).not.toBe(b);
  });

  it('--state refuses the progress of another input, and a file that holds something else', async () => {
    const served = await serve(said);
    const state = stateFile();
    await publish(served.url, linesOf('a', 'b'), { progress: new Progress(state) });
    await expect(
      publish(served.url, linesOf('a', 'B', 'c'), { progress: new Progress(state) }),
    ).rejects.toThrow(/^Line 2 is not the one that was published/);
    await expect(publish(served.url, linesOf('a'), { progress: new Progress(state) })).rejects.toThrow(
      /^The input ends before line 2/,
    );
    expect(served.asked).toHaveLength(2);
    writeFileSync(state, 'AgoP.CvXM');
    expect(() => new Progress(state)).toThrow(UserError);
  });

  it('lines are split wherever the chunks of the input end', async () => {
    const bytes = Buffer.from(`${linesOf('ö', '😀')}\r\n${linesOf('z')}`);
    const chunks = Array.from(bytes, (byte) => Buffer.of(byte));
    const lines: unknown[] = [];
    for await (const { number, text } of inputLines(Readable.from(chunks)))
      lines.push([number, JSON.parse(text ?? '').text]);
    expect(lines).toEqual([
      [1, 'ö'],
      [2, '😀'],
      [4, 'z'],
    ]);
  });
});
