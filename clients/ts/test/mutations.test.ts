import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, memoryStore, type PositionStore } from '../src/index.js';
import { keptMutations } from '../src/mutations.js';

const PLACE = 'mutation Place($n: Int!) { place(n: $n) }';
const variables = { n: 1 };
const PROTOCOL = join(import.meta.dirname, '../../../docs/protocol.md');

type Answer = object | 'lost' | 'never';

const refused = (code: string, retry = false): object => ({
  errors: [{ message: code, extensions: { code, retry } }],
});

/** A client whose server gives these answers, one for each attempt. */
function open(answers: Answer[], store: PositionStore = memoryStore(), user = 'alice') {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => void vi.restoreAllMocks());
  const keys: (string | null)[] = [];
  const client = createClient({
    url: 'http://127.0.0.1/graphql',
    webSocket: WebSocket,
    fetch: async (_url, init) => {
      keys.push(new Headers(init?.headers).get('idempotency-key'));
      const answer = answers.shift() ?? { data: { place: keys.length } };
      if (answer === 'lost') throw new TypeError('the answer is lost');
      if (answer !== 'never') return Response.json(answer);
      return new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    },
  });
  const problems: string[] = [];
  const mutations = keptMutations(client, store, user, ({ message }) => problems.push(message));
  return { mutations, client, keys, problems, store };
}

describe('a mutation', () => {
  it('D1 is followed to its outcome while that is pending, with one key', async () => {
    const { client, keys } = open([refused('OUTCOME_PENDING'), 'lost', refused('OUTCOME_PENDING')]);
    expect(await client.mutate(PLACE, { variables })).toEqual({ place: 4 });
    expect(new Set(keys).size).toBe(1);
  });

  it('whose outcome stays pending until its deadline ends with that error, which says how to follow it', async () => {
    const pending = refused('OUTCOME_PENDING');
    const { client } = open(Array.from({ length: 1_000 }, () => pending));
    vi.mocked(Math.random).mockReturnValue(0.01);
    const end = client.mutate(PLACE, { variables, timeoutMs: 100 });
    await expect(end).rejects.toMatchObject({
      code: 'OUTCOME_PENDING',
      extensions: { idempotencyKey: expect.any(String), attempts: expect.any(Number) },
    });
  });

  it('whose connection is dead is retried on another one', async () => {
    const { client, keys } = open(['never']);
    const timeout = AbortSignal.timeout;
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms === 30_000 ? 10 : ms));
    expect(await client.mutate(PLACE, { variables })).toEqual({ place: 2 });
    expect(keys[0]).toBe(keys[1]);
  });
});

describe('a kept mutation', () => {
  it('S1 is that of one user: another one who logs in on the same browser neither sends it nor sees its variables', async () => {
    const store = memoryStore();
    const alice = open(['never'], store);
    const control = new AbortController();
    const lost = alice.mutations.run('order', PLACE, { variables, signal: control.signal });
    await vi.waitFor(() => expect(alice.keys).toHaveLength(1));
    control.abort();
    await expect(lost).rejects.toMatchObject({ code: 'UNREACHABLE' });

    const bob = open([], store, 'bob');
    expect(await bob.mutations.pending('order')).toBeUndefined();
    expect(await bob.mutations.run('order', PLACE, { variables: { n: 2 } })).toEqual({ place: 1 });
    expect(bob.keys).not.toContain(alice.keys[0]);
    expect(await open([], store).mutations.pending('order')).toMatchObject({ variables });
  });

  it('D1 is continued with its key after its process ended, and is forgotten once answered', async () => {
    const store = memoryStore();
    const first = open(['never'], store);
    const control = new AbortController();
    const lost = first.mutations.run('order', PLACE, { variables, signal: control.signal });
    await vi.waitFor(() => expect(first.keys).toHaveLength(1));
    control.abort();
    await expect(lost).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const second = open([refused('PUBLISH_UNCERTAIN', true)], store);
    expect(await second.mutations.pending('order')).toMatchObject({ variables });
    expect(await second.mutations.run('order', PLACE, { variables: { ...variables } })).toEqual({ place: 2 });
    expect(new Set([...first.keys, ...second.keys]).size).toBe(1);
    expect(await second.mutations.pending('order')).toBeUndefined();
    // Over: this is another one.
    await second.mutations.run('order', PLACE, { variables: { n: 2 } });
    expect(second.keys.at(-1)).not.toBe(second.keys[0]);
  });

  it('is kept after an error only if it may have acted', async () => {
    const { mutations } = open([refused('EVENT_INVALID'), 'lost', refused('FORBIDDEN'), refused('UNKNOWN')]);
    await expect(mutations.run('a', PLACE, { variables })).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    expect(await mutations.pending('a')).toBeUndefined();
    // Its first attempt may have acted, and its second one does not say.
    await expect(mutations.run('a', PLACE, { variables })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const pending = await mutations.pending('a');
    await expect(mutations.run('a', PLACE, { variables: { n: 2 } })).rejects.toMatchObject({
      code: 'MUTATION_PENDING',
    });
    await pending?.forget();
    await expect(mutations.run('a', PLACE, { variables: { n: 2 } })).rejects.toMatchObject({
      code: 'UNKNOWN',
    });
    expect(await mutations.pending('a')).toMatchObject({ variables: { n: 2 } });
  });

  it('is not sent if the store cannot keep it, and its answer counts if the store cannot delete it', async () => {
    const fails = (): never => {
      throw new Error('QuotaExceededError');
    };
    const full = open([], { ...memoryStore(), set: fails });
    await expect(full.mutations.run('a', PLACE, { variables })).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
    expect(full.keys).toEqual([]);
    const stuck = open([], { ...memoryStore(), delete: fails });
    expect(await stuck.mutations.run('a', PLACE, { variables })).toEqual({ place: 1 });
    expect(stuck.problems).toEqual([
      "The mutation 'a' was not deleted in the store: Error: QuotaExceededError",
    ]);
  });

  it('takes the same errors for proof that nothing is in the log as the table of the gateway', async () => {
    const row = (await readFile(PROTOCOL, 'utf8'))
      .split('\n')
      .find((line) => line.endsWith('| are not in the log, and never will be | fails again |'));
    const codes = [...(row ?? '').matchAll(/`(\w+)`/g)].map(([, code]) => code ?? '');
    expect(codes.length).toBeGreaterThan(5);
    for (const code of codes) {
      const { mutations } = open([refused(code)]);
      await expect(mutations.run('a', PLACE, { variables })).rejects.toMatchObject({ code });
      expect([code, await mutations.pending('a')]).toEqual([code, undefined]);
    }
  });
});
