import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Gap } from '#client';
import { type ClientFlags, connect } from '../../src/cli/client/client-options.js';
import { LineOutput } from '../../src/cli/client/line-output.js';
import { type End, type FollowOptions, follow } from '../../src/cli/tail/follow.js';
import { renderJson } from '../../src/cli/tail/render.js';
import { stateFile } from '../../src/cli/tail/state-file.js';
import { serve, subscribed, WAIT } from '../transport/serve.js';

/** A pipe whose reader takes a line when a test says so. */
class SlowPipe extends Writable {
  readonly lines: string[] = [];
  readonly #pending: ((error?: Error) => void)[] = [];
  isOpen = true;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.lines.push(JSON.parse(chunk.toString()).data?.n);
    if (this.isOpen) done();
    else this.#pending.push(done);
  }

  /** The reader takes one line, or is gone. */
  take(error?: Error): void {
    this.#pending.shift()?.(error);
  }
}

function temporaryFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'millrace-tail-')), 'state');
}

function start(
  url: string,
  state: string,
  options: Partial<FollowOptions> & { flags?: Partial<ClientFlags> } = {},
) {
  const problems: string[] = [];
  const store = stateFile(state);
  const onProblem = ({ message }: Error): number => problems.push(message);
  const { client } = connect({ url, header: [], ...options.flags }, { store, onProblem });
  onTestFinished(() => client.close());
  const pipe = new SlowPipe();
  const stop = new AbortController();
  const gaps: Gap[] = [];
  const end: Promise<End> = follow({
    client,
    document: 'subscription { n }',
    variables: {},
    after: undefined,
    output: new LineOutput(pipe),
    render: renderJson,
    count: undefined,
    continuesAfterGap: false,
    onGap: (gap) => gaps.push(gap),
    onUnresumable: () => undefined,
    onLine: () => undefined,
    onSteps: () => undefined,
    onRunning: () => undefined,
    signal: stop.signal,
    ...options,
  });
  return { end, pipe, stop, gaps, problems, client };
}

const stored = (state: string): string => readFileSync(state, 'utf8');

describe('tail', () => {
  it('D4 stores the position of a line once the pipe has taken it, and not before', async () => {
    const served = await serve();
    const state = temporaryFile();
    const { pipe } = start(served.server.url, state);
    const subscription = await subscribed(served);
    subscription.next(1);
    await expect.poll(() => pipe.lines, WAIT).toEqual([1]);
    expect(stored(state)).toBe('c1.tag\n');
    pipe.isOpen = false;
    subscription.next(2);
    subscription.next(3);
    await expect.poll(() => pipe.lines, WAIT).toEqual([1, 2]);
    expect(stored(state)).toBe('c1.tag\n');
    pipe.take();
    await expect.poll(() => pipe.lines, WAIT).toEqual([1, 2, 3]);
    // The second one was stored before the third was written: a crash repeats one line at most.
    expect(stored(state)).toBe('c2.tag\n');
  });

  it('does not write its state through a link that somebody has put where the draft goes', () => {
    const [state, victim] = [temporaryFile(), temporaryFile()];
    writeFileSync(victim, 'precious');
    symlinkSync(victim, `${state}.${process.pid}.tmp`);
    stateFile(state).set('', 'c1.tag');
    expect([stored(victim), stored(state)]).toEqual(['precious', 'c1.tag\n']);
  });

  it('D4 a restart resumes after the position in the state file', async () => {
    const served = await serve();
    const state = temporaryFile();
    writeFileSync(state, 'c7.tag\n');
    start(served.server.url, state, { after: 'c1.tag' });
    expect((await subscribed(served)).caller.after).toBe('c7.tag');
  });

  it('D8 a reader that takes nothing stops the subscription instead of filling the memory', async () => {
    const served = await serve();
    const { pipe } = start(served.server.url, temporaryFile());
    const subscription = await subscribed(served);
    pipe.isOpen = false;
    for (let n = 1; n <= 1_001; n++) subscription.next(n);
    await expect.poll(() => subscription.closed, WAIT).toBe(true);
    expect(pipe.lines).toEqual([1]);
    pipe.isOpen = true;
    pipe.take();
    const next = await subscribed(served, 1);
    expect(next.caller.after).toBe(`c${pipe.lines.length}.tag`);
    expect(pipe.lines.slice(-2)).toEqual([pipe.lines.length - 1, pipe.lines.length]);
  });

  it('ends after --count lines, with the position of the last one', async () => {
    const served = await serve();
    const state = temporaryFile();
    const { end, pipe } = start(served.server.url, state, { count: 2 });
    const subscription = await subscribed(served);
    for (const n of [1, 2, 3]) subscription.next(n);
    expect(await end).toEqual({ why: 'counted' });
    expect([pipe.lines, stored(state)]).toEqual([[1, 2], 'c2.tag\n']);
  });

  it('ends quietly when the reader of the pipe has gone, with the position before its line', async () => {
    const served = await serve();
    const state = temporaryFile();
    const { end, pipe } = start(served.server.url, state);
    const subscription = await subscribed(served);
    subscription.next(1);
    await expect.poll(() => pipe.lines, WAIT).toEqual([1]);
    pipe.isOpen = false;
    subscription.next(2);
    await expect.poll(() => pipe.lines, WAIT).toEqual([1, 2]);
    pipe.take(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await end).toEqual({ why: 'gone' });
    expect(stored(state)).toBe('c1.tag\n');
  });

  it('reports that the output cannot be written', async () => {
    const served = await serve();
    const { end, pipe } = start(served.server.url, temporaryFile());
    pipe.isOpen = false;
    (await subscribed(served)).next(1);
    await expect.poll(() => pipe.lines, WAIT).toEqual([1]);
    pipe.take(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    const message = 'The output cannot be written: ENOSPC: no space left on device';
    expect(await end).toMatchObject({ why: 'failed', error: { message } });
  });

  it('a stop waits until a line that is half written is whole, and stores its position', async () => {
    const served = await serve();
    const state = temporaryFile();
    const { end, pipe, stop } = start(served.server.url, state);
    const subscription = await subscribed(served);
    pipe.isOpen = false;
    subscription.next(1);
    subscription.next(2);
    await expect.poll(() => pipe.lines, WAIT).toEqual([1]);
    stop.abort();
    await expect.poll(() => subscription.closed, WAIT).toBe(true);
    pipe.take();
    expect(await end).toEqual({ why: 'stopped' });
    expect([pipe.lines, stored(state)]).toEqual([[1], 'c1.tag\n']);
  });

  it('D5 a gap ends it with the reason, and the position stays before the gap', async () => {
    const served = await serve();
    const state = temporaryFile();
    const { end } = start(served.server.url, state);
    const subscription = await subscribed(served);
    subscription.next(1);
    await expect.poll(() => stored(state), WAIT).toBe('c1.tag\n');
    const extensions = { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION', earliest: 'c5.tag' };
    subscription.sink.error([{ message: 'gone', extensions }]);
    expect(await end).toEqual({ why: 'gap', gap: { reason: 'RETENTION', earliest: 'c5.tag' } });
    expect(stored(state)).toBe('c1.tag\n');
  });

  it('D5 with --on-gap continue a gap is reported, and it continues with the earliest event', async () => {
    const served = await serve();
    const { gaps } = start(served.server.url, temporaryFile(), { continuesAfterGap: true });
    const extensions = { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION', earliest: 'c5.tag' };
    (await subscribed(served)).sink.error([{ message: 'gone', extensions }]);
    expect((await subscribed(served, 1)).caller.after).toBe('c5.tag');
    expect(gaps).toEqual([{ reason: 'RETENTION', earliest: 'c5.tag' }]);
  });

  it('D4 a state file without a position ends it: it never starts from now instead', async () => {
    const served = await serve();
    const state = temporaryFile();
    writeFileSync(state, '');
    const { end } = start(served.server.url, state);
    expect(await end).toMatchObject({ why: 'failed', error: { code: 'STORE_FAILED' } });
    expect(served.operations.subscriptions).toEqual([]);
  });

  it('reports a position that cannot be stored', async () => {
    const served = await serve();
    const state = temporaryFile();
    // Where the new content is written before it replaces the file.
    mkdirSync(`${state}.${process.pid}.tmp`);
    const { problems } = start(served.server.url, state);
    (await subscribed(served)).next(1);
    await expect
      .poll(() => problems, WAIT)
      .toEqual([expect.stringContaining('was not stored: Error: EISDIR')]);
  });

  it('sends headers over every transport, and in the upgrade', async () => {
    const served = await serve();
    start(served.server.url, temporaryFile(), { flags: { header: ['Authorization: user ada'] } });
    const { caller } = await subscribed(served);
    expect(caller.identity.claims).toEqual({ sub: 'ada' });
  });
});
