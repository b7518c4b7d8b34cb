import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientError } from '../src/client-error.js';
import { createClient } from '../src/index.js';
import { WeakValues } from '../src/weak-values.js';
import { serve } from './support/foreign-server.js';

const COUNT = 'subscription { count }';

function fails(): never {
  throw new Error('cannot show it');
}

describe('functions of the application', () => {
  it.each(['websocket', 'sse'] as const)(
    'that throw stop nothing over %s, and are reported',
    async (transport) => {
      const problems: ClientError[] = [];
      const onProblem = (error: ClientError): void => {
        problems.push(error);
        fails();
      };
      const warn = vi.spyOn(console, 'warn').mockReturnValue();
      onTestFinished(() => warn.mockRestore());
      const client = createClient({
        url: await serve(),
        webSocket: WebSocket,
        transports: [transport],
        onProblem,
      });
      onTestFinished(() => client.close());
      client.onState(fails);
      const states: string[] = [];
      client.onState(({ state }) => states.push(state));
      const seen: unknown[] = [];
      const ended = new Promise<void>((resolve) => {
        const other = client.subscribe(COUNT);
        other.observe({ next: () => undefined, state: fails, complete: fails });
        const steps = client.subscribe<{ count: number }>(COUNT);
        steps.observe({ next: ({ data }) => seen.push(data?.count), complete: resolve });
      });
      await ended;
      await vi.waitFor(() => expect(states).toEqual(['connecting', 'connected', 'idle']));
      expect(seen).toEqual([1, 2, 3]);
      const names = new Set(problems.map(({ code, message }) => `${code} ${/`\w+`/.exec(message)}`));
      expect(names).toEqual(
        new Set(['CALLBACK_FAILED `onState`', 'CALLBACK_FAILED `state`', 'CALLBACK_FAILED `complete`']),
      );
      expect(warn).toHaveBeenCalledTimes(problems.length);
    },
  );

  it.each(['websocket', 'sse'] as const)(
    'may subscribe and close the client over %s while they are called',
    async (transport) => {
      const client = createClient({ url: await serve(), webSocket: WebSocket, transports: [transport] });
      const ends: string[] = [];
      const first = client.subscribe(COUNT);
      const closed = new Promise((resolve) =>
        client.onState(({ state }) => state === 'closed' && resolve(state)),
      );
      first.observe({
        next: () => {
          if (ends.length > 0) return;
          ends.push('subscribed');
          const second = client.subscribe(COUNT);
          second.observe({ next: () => client.close(), complete: () => ends.push('second') });
        },
        complete: () => ends.push('first'),
      });
      await closed;
      await vi.waitFor(() => expect(ends.sort()).toEqual(['first', 'second', 'subscribed']));
      expect(() => client.subscribe(COUNT)).toThrow('The client is closed.');
    },
  );

  it('a WebSocket class that refuses the address makes the attempt fail, and the client retries', async () => {
    let attempts = 0;
    const Refusing = class {
      readonly readyState = 0;
      constructor() {
        attempts += 1;
        throw new Error('SecurityError: an insecure connection from a secure page');
      }
      send(): void {}
      close(): void {}
      addEventListener(): void {}
    };
    vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => void vi.restoreAllMocks());
    const client = createClient({ url: await serve(), webSocket: Refusing });
    onTestFinished(() => client.close());
    const states: string[] = [];
    client.onState((state) => states.push('over' in state ? `${state.state} ${state.over}` : state.state));
    const seen: unknown[] = [];
    for await (const { data } of client.subscribe(COUNT)) seen.push(data);
    expect([attempts, seen.length]).toEqual([3, 3]);
    expect(states.filter((state) => state.startsWith('connected'))).toEqual(['connected sse']);
  });
});

describe('a map of weak values', () => {
  it('keeps a value, and its key, only while something else references the value', async () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const values = new WeakValues<object>();
    const kept = {};
    values.set('kept', kept);
    for (let n = 0; n < 100; n++) values.set(`dropped ${n}`, {});
    await vi.waitFor(() => {
      gc();
      expect(values.size).toBe(1);
    });
    expect(values.get('kept')).toBe(kept);
  });
});
