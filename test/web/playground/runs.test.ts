import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogEntry } from '../../../clients/web/src/playground/log/entry.js';
import { ResultLog } from '../../../clients/web/src/playground/log/result-log.js';
import { Clients } from '../../../clients/web/src/playground/run/clients.js';
import type { PlaygroundOperation } from '../../../clients/web/src/playground/run/operation.js';
import { Runs } from '../../../clients/web/src/playground/run/runs.js';
import type { Authenticate } from '../../../src/auth/authenticate.js';
import { MillraceError } from '../../../src/core/errors.js';
import { ANONYMOUS } from '../../../src/core/identity.js';
import { TcpProxy } from '../../faults/support/proxy.js';
import { serveGateway } from '../../transport/gateway.js';
import { serve, subscribed, WAIT } from '../../transport/serve.js';

const anybody: Authenticate = () => Promise.resolve(ANONYMOUS);

/** A gateway behind a line that can be cut, and what the page logs of it. */
async function open(authenticate = anybody) {
  const served = await serveGateway({}, { authenticate, positionIntervalMs: 20 });
  const proxy = await TcpProxy.open({ target: served.server.url });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const log = new ResultLog();
  const runs = new Runs(log, new Clients(['sse']));
  onTestFinished(() => {
    for (const id of runs.state().running) runs.stop(id);
  });
  const operation = (query: string, more: Partial<PlaygroundOperation> = {}): PlaygroundOperation => ({
    endpoint: `http://${proxy.address}/graphql`,
    query,
    operationName: undefined,
    variables: undefined,
    headers: {},
    kind: 'subscription',
    ...more,
  });
  const entries = (run = 1) => log.state().entries.filter((entry) => entry.run === run);
  const started = () => expect.poll(served.live, WAIT).toBe(1);
  return { served, proxy, log, runs, operation, entries, started };
}

const SAID = 'subscription { said { n } }';

/** The numbers in the results, in their order. */
const numbers = (entries: readonly LogEntry[]) =>
  entries.flatMap((entry) =>
    entry.kind === 'result' ? [...(entry.text ?? '').matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n)) : [],
  );
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, n) => n + from);

describe('runs of the playground', () => {
  it('D3 log every result of a burst once, in order, with its cursor and event', async () => {
    const { served, runs, operation, entries, started } = await open();
    runs.start(operation(SAID), 'tab');
    await started();
    await served.say('k', upTo(500));
    await expect.poll(() => numbers(entries()).length, WAIT).toBe(500);
    expect(numbers(entries())).toEqual(upTo(500));
    for (const entry of entries())
      if (entry.kind === 'result')
        expect(entry).toMatchObject({ origin: 'live', cursor: expect.any(String), event: { topic: 'said' } });
  });

  it('D4 resumed from a chosen result, log exactly the results after it, as replayed ones', async () => {
    const { served, runs, operation, entries, started } = await open();
    runs.start(operation(SAID), 'tab');
    await started();
    await served.say('k', upTo(50));
    await expect.poll(() => numbers(entries()).length, WAIT).toBe(50);
    const chosen = entries().find((entry) => numbers([entry])[0] === 19);
    const cursor = chosen?.kind === 'result' ? chosen.cursor : undefined;
    runs.start(operation(SAID), 'tab', cursor);
    await expect.poll(() => numbers(entries(2)).length, WAIT).toBe(30);
    await served.say('k', [50]);
    await expect.poll(() => numbers(entries(2)).length, WAIT).toBe(31);
    expect(numbers(entries(2))).toEqual(upTo(51, 20));
    const origins = entries(2).flatMap((entry) => (entry.kind === 'result' ? [entry.origin] : []));
    expect(new Set(origins.slice(0, 30))).toEqual(new Set(['replayed']));
    expect(origins.at(-1)).toBe('live');
    // The one before it in the tab has stopped.
    expect(numbers(entries())).toEqual(upTo(50));
    expect(entries().at(-1)).toMatchObject({ kind: 'state', message: 'Stopped.' });
  });

  it('D3 D4 resume by themselves after lost connections, and log both', async () => {
    const { served, proxy, runs, operation, entries, started } = await open();
    runs.start(operation(SAID), 'tab');
    await started();
    for (const n of [0, 1, 2]) {
      await expect.poll(() => entries().some(({ kind }) => kind === 'position'), WAIT).toBe(true);
      proxy.refuse();
      await expect.poll(served.live, WAIT).toBe(0);
      await served.say('k', [n]);
      proxy.pass();
      await expect.poll(() => numbers(entries()).at(-1), WAIT).toBe(n);
    }
    expect(numbers(entries())).toEqual(upTo(3));
    const said = entries().flatMap((entry) => (entry.kind === 'state' ? [entry.message] : []));
    expect(said.filter((message) => message.startsWith('Connection lost: ')).length).toBeGreaterThanOrEqual(
      3,
    );
    expect(said.filter((message) => message === 'Connected over SSE.').length).toBeGreaterThanOrEqual(4);
  });

  it('log the position of a quiet stream', async () => {
    const { served, runs, operation, entries, started } = await open();
    runs.start(operation('subscription { above(least: 10) { n } }'), 'tab');
    await started();
    await served.say('k', upTo(5));
    const last = () => entries().findLast(({ kind }) => kind === 'position');
    await expect
      .poll(() => entries().filter(({ kind }) => kind === 'position').length, WAIT)
      .toBeGreaterThan(1);
    await served.say('k', [12]);
    await expect.poll(() => numbers(entries()), WAIT).toEqual([12]);
    const position = last();
    expect(position).toMatchObject({ behind: 0, cursor: expect.any(String) });
  });

  it('end with a sentence when the credentials are refused, and leave no connection', async () => {
    const { runs, operation, entries } = await open(() =>
      Promise.reject(new MillraceError('UNAUTHENTICATED', 'Invalid token.')),
    );
    runs.start(operation(SAID), 'tab');
    await expect.poll(() => runs.state().running.size, WAIT).toBe(0);
    await expect
      .poll(() => entries().at(-1), WAIT)
      .toMatchObject({
        kind: 'error',
        code: 'UNAUTHENTICATED',
        message: expect.stringContaining('The gateway refused the credentials: Invalid token.'),
      });
  });

  it('D5 log a gap with its reason, and go on from the earliest event that is left', async () => {
    const served = await serve();
    const log = new ResultLog();
    const runs = new Runs(log, new Clients(['sse']));
    const operation = {
      endpoint: served.server.url,
      query: 'subscription { n }',
      operationName: undefined,
      variables: undefined,
      headers: { authorization: 'user ada' },
      kind: 'subscription',
    } as const;
    runs.start(operation, 'tab');
    const { sink, caller } = await subscribed(served);
    // The editor's headers are the credentials.
    expect(caller.identity.claims).toEqual({ sub: 'ada' });
    const extensions = { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION', earliest: 'c5.tag' };
    sink.error([{ message: 'gone', extensions }]);
    expect((await subscribed(served, 1)).caller.after).toBe('c5.tag');
    const gap = { kind: 'gap', reason: 'RETENTION', earliest: 'c5.tag' };
    await expect.poll(() => log.state().entries, WAIT).toContainEqual(expect.objectContaining(gap));
    runs.stop(1);
    await expect.poll(() => served.server.connections.sse, WAIT).toBe(0);
  });

  it('say which setting is missing where the gateway serves no transport that the page has', async () => {
    const { operation, log } = await open();
    const runs = new Runs(log, new Clients([]));
    runs.start(operation(SAID), 'tab');
    const message = expect.stringContaining('TRANSPORTS');
    await expect.poll(() => log.state().entries, WAIT).toMatchObject([{ code: 'NO_TRANSPORT', message }]);
    expect(runs.state().running.size).toBe(0);
  });

  it('D5 end with the error of a cursor that the gateway refuses', async () => {
    const { runs, operation, entries } = await open();
    runs.start(operation(SAID), 'tab', 'forged');
    await expect.poll(() => entries().at(-1), WAIT).toMatchObject({ kind: 'error', code: 'CURSOR_INVALID' });
    expect(runs.state().running.size).toBe(0);
  });

  it('log the answers to queries, and a sentence when there is none', async () => {
    const { proxy, runs, operation, entries } = await open();
    const query = operation('{ ok }', { kind: 'query' });
    expect(await runs.answer(query, 'tab')).toEqual({ data: { ok: null } });
    proxy.refuse();
    const failed = await runs.answer(query, 'tab');
    expect(failed).toMatchObject({ errors: [{ message: expect.stringContaining('There is no answer: ') }] });
    await expect.poll(() => entries(2), WAIT).toMatchObject([{ kind: 'error', code: 'UNREACHABLE' }]);
    expect(entries()).toMatchObject([{ kind: 'result', origin: 'answer', text: '{"data":{"ok":null}}' }]);
  });
});
