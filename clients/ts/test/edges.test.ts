import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lossOfClose } from '../src/close-codes.js';
import { canonical, hasVariable, operationNameOf, textOf } from '../src/document.js';
import { type Block, EventStreamParser } from '../src/event-stream-parser.js';
import { idbStore } from '../src/indexed-db.js';
import { fileStore } from '../src/node.js';
import { PositionKeeper } from '../src/position-keeper.js';
import { localStore, memoryStore, type PositionStore } from '../src/store.js';
import { Watchdog } from '../src/watchdog.js';

const PROTOCOL = join(import.meta.dirname, '../../../docs/protocol.md');

const QUIET = () => undefined;

/** A store whose writes, and deletions as `undefined`, take effect when a test finishes them. */
function slowStore() {
  const kept = new Map<string, string>();
  const writes: { readonly cursor: string | undefined; readonly done: () => void }[] = [];
  const write = (key: string, cursor: string | undefined): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        if (cursor === undefined) kept.delete(key);
        else kept.set(key, cursor);
        resolve();
      };
      writes.push({ cursor, done });
    });
  const store: PositionStore = {
    get: (key) => kept.get(key),
    set: write,
    delete: (key) => write(key, undefined),
  };
  const finish = async (cursor: string | undefined): Promise<void> => {
    await vi.waitFor(() => expect(writes[0]).toMatchObject({ cursor }));
    writes.shift()?.done();
  };
  return { store, kept, finish };
}

describe('close codes', () => {
  it('mean what the table of the gateway says', async () => {
    // The client does not speak the old subprotocol.
    const rows = [
      ...(await readFile(PROTOCOL, 'utf8')).matchAll(
        /^\| (\d{4}) \| ([^|]+) \| (yes|no) \|(?!.*`graphql-ws` only)/gm,
      ),
    ];
    expect(rows.length).toBeGreaterThan(10);
    for (const [, code = '', reason = '', reconnect] of rows) {
      // The end that a client of the old subprotocol asks for. This one never does: another server means something else.
      if (code === '1000') continue;
      const { kind } = lossOfClose(Number(code), reason.trim());
      // Credentials are asked for again in any case: the page may have others by then.
      const expected = ['4401', '4403'].includes(code) ? 'refused' : reconnect === 'yes' ? 'retry' : 'final';
      expect([code, kind]).toEqual([code, expected]);
    }
  });

  it('of a server in trouble are retried, which graphql-ws takes for final', () => {
    for (const code of [1006, 1011, 4500, 4004]) expect(lossOfClose(code, '').kind).toBe('retry');
  });
});

describe('an event stream', () => {
  const STREAM =
    ': behind=2\nid: c0.t\n\nid: c1.t\nevent: next\ndata: {"é":1}\n\n:\n\n: behind=0\nid: c2.t\n\n' +
    'id:c3.t\r\nevent: next\r\ndata: {\r\ndata: }\r\nretry: 5\r\n\r\nid: over\nevent: complete\ndata:\n\n';

  it.each([1, 3, 7, 1_000])(
    'is read in chunks of %i bytes, with positions in their place among the results',
    (size) => {
      const found: Block[] = [];
      const parser = new EventStreamParser((block) => found.push(block));
      const bytes = Buffer.from(STREAM);
      for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
      expect(found).toEqual([
        { event: undefined, data: '', id: 'c0.t', behind: 2 },
        { event: 'next', data: '{"é":1}', id: 'c1.t', behind: 0 },
        { event: undefined, data: '', id: 'c2.t', behind: 0 },
        { event: 'next', data: '{\n}', id: 'c3.t', behind: 0 },
        { event: 'complete', data: '', id: 'over', behind: 0 },
      ]);
    },
  );
});

describe('stores', () => {
  it('in files keep a position for another process, each key in a file of its own, and leave nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-client-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const store = fileStore(join(folder, 'positions'));
    const long = 'x'.repeat(5_000);
    expect(await store.get('a/b')).toBeUndefined();
    for (const key of ['a/b', 'a:b', 'A/B', long]) await store.set(key, `cursor of ${key.length}${key[0]}`);
    await store.set('a/b', 'newer');
    const files = await readdir(join(folder, 'positions'));
    const modes = files.map(async (file) => (await stat(join(folder, 'positions', file))).mode & 0o077);
    expect(await Promise.all(modes)).toEqual([0, 0, 0, 0]);
    const another = fileStore(join(folder, 'positions'));
    expect([await another.get('a/b'), await another.get('A/B'), await another.get(long)]).toEqual([
      'newer',
      'cursor of 3A',
      'cursor of 5000x',
    ]);
    await another.delete('a/b');
    await another.delete('a/b');
    expect(await store.get('a/b')).toBeUndefined();
    expect(await readdir(join(folder, 'positions'))).toHaveLength(3);
  });

  it('in localStorage are apart by name, and say when there is none', () => {
    expect(() => localStore('orders').get('k')).toThrow('There is no localStorage here.');
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
      removeItem: (key: string) => kept.delete(key),
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    localStore('orders').set('k', 'c1');
    localStore('stock').set('k', 'c2');
    expect(localStore('orders').get('k')).toBe('c1');
    localStore('orders').delete('k');
    expect([...kept]).toEqual([['stock/k', 'c2']]);
  });

  it('in IndexedDB fail, and say so, where there is none, or where the browser refuses it', async () => {
    await expect(idbStore('orders').get('k')).rejects.toThrow('There is no IndexedDB here.');
    const refused = {
      open: () => {
        throw new Error('SecurityError');
      },
    };
    vi.stubGlobal('indexedDB', refused);
    onTestFinished(() => void vi.unstubAllGlobals());
    await expect(idbStore('orders').set('k', 'c1')).rejects.toThrow('SecurityError');
  });

  it('in IndexedDB fail after ten seconds without an answer, so that no subscription seems to start forever', async () => {
    vi.useFakeTimers();
    vi.stubGlobal('indexedDB', { open: () => ({}) });
    onTestFinished(() => {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    });
    const failed = expect(idbStore('orders').get('k')).rejects.toThrow('does not answer within 10 s');
    await vi.advanceTimersByTimeAsync(10_000);
    await failed;
  });

  it('get one write at a time, and the newest position when one is done', async () => {
    const writes: { cursor: string; done: () => void }[] = [];
    const store = {
      ...memoryStore(),
      set: (_key: string, cursor: string) => new Promise<void>((done) => writes.push({ cursor, done })),
    };
    const position = new PositionKeeper(store, 'k', QUIET).lease();
    for (const cursor of ['c1', 'c2', 'c3']) position.keep(cursor);
    writes[0]?.done();
    await vi.waitFor(() => expect(writes).toHaveLength(2));
    expect(writes.map(({ cursor }) => cursor)).toEqual(['c1', 'c3']);
  });

  it('that are full are reported once, and again after a write that succeeded', async () => {
    let isFull = true;
    const store: PositionStore = {
      ...memoryStore(),
      // Without types one may return anything.
      set: (key) => {
        if (isFull) throw new Error('QuotaExceededError');
        return key as never;
      },
    };
    const failures: unknown[] = [];
    const position = new PositionKeeper(store, 'k', ({ code, cause }) =>
      failures.push(`${code} ${cause}`),
    ).lease();
    for (const cursor of ['c1', 'c2', 'c3']) position.keep(cursor);
    isFull = false;
    position.keep('c4');
    isFull = true;
    position.keep('c5');
    expect(failures).toEqual(Array(2).fill('STORE_FAILED Error: QuotaExceededError'));
  });

  it.each([
    ['at once', (cursor: string | undefined) => cursor],
    ['later', async (cursor: string | undefined) => cursor],
  ])(
    'that answer %s show when another client has the same key, once, and a client alone is not taken for two',
    async (_when, answer) => {
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      const kept = new Map<string, string>();
      const store: PositionStore = {
        get: (key) => answer(kept.get(key)),
        set: (key, cursor) => {
          kept.set(key, cursor);
          return answer(undefined) as Promise<void> | undefined;
        },
        delete: (key) => void kept.delete(key),
      };
      const [alone, one, two] = [vi.fn(), vi.fn(), vi.fn()];
      const open = async (key: string, shared: (code: string) => void) => {
        const lease = new PositionKeeper(store, key, ({ code }) => shared(code)).lease();
        await lease.load();
        return lease;
      };
      const leases = [await open('a', alone), await open('k', one), await open('k', two)];
      for (let n = 0; n < 40; n++) {
        for (const [i, lease] of leases.entries()) lease.keep(`${i === 0 ? 'a' : i}-${n}`);
        await vi.advanceTimersByTimeAsync(100);
      }
      expect([alone, one, two].map(({ mock }) => mock.calls.flat())).toEqual([
        [],
        ['STORE_KEY_IN_USE'],
        ['STORE_KEY_IN_USE'],
      ]);
      expect(kept.get('a')).toBe('a-39');
    },
  );

  it('D4 give a subscription its position once those of its predecessor are written, which writes no more then', async () => {
    const { store, kept, finish } = slowStore();
    const keeper = new PositionKeeper(store, 'k', QUIET);
    const first = keeper.lease();
    first.keep('c1');
    first.keep('c2');
    const second = keeper.lease();
    const loaded = second.load();
    // Its last handler returns now.
    first.keep('c3');
    await finish('c1');
    await finish('c2');
    expect(await loaded).toBe('c2');
    second.keep('c4');
    first.keep('c3');
    await finish('c4');
    await keeper.settled();
    expect([...kept]).toEqual([['k', 'c4']]);
  });

  it('delete a position after the last one is written, and before the next one is read', async () => {
    const { store, kept, finish } = slowStore();
    const keeper = new PositionKeeper(store, 'k', QUIET);
    const first = keeper.lease();
    first.keep('c1');
    const deleted = keeper.delete();
    first.keep('c2');
    const loaded = keeper.lease().load();
    await finish('c1');
    await finish(undefined);
    await deleted;
    expect([await loaded, [...kept]]).toEqual([undefined, []]);
  });
});

describe('documents', () => {
  it('are text, or have it', () => {
    expect(textOf('query { ok }')).toBe('query { ok }');
    expect(textOf({ kind: 'Document', loc: { source: { body: '{ ok }' } } })).toBe('{ ok }');
    expect(textOf(new String('{ ok }'))).toBe('{ ok }');
    expect(() => textOf({ kind: 'Document' })).toThrow('has no source');
  });

  it('have a name and variables', () => {
    expect(operationNameOf('fragment F on T { a } subscription Orders($since: DateTime) { o }')).toBe(
      'Orders',
    );
    expect(operationNameOf('subscription { subscription }')).toBeUndefined();
    for (const hiding of [
      'subscription { a(text: "say query Foo") }',
      'subscription { a(text: """\n query Foo \\""" query Foo """) }',
      '# query Foo\nsubscription { a }',
      'subscription { a { b } query Foo }',
      'fragment query on Foo { a } subscription { a(b: "\\" query Foo") }',
    ])
      expect([hiding, operationNameOf(hiding)]).toEqual([hiding, undefined]);
    expect(operationNameOf('# a }\nsubscription Foo($in: In = { a: "}" }) { a { query Bar } }')).toBe('Foo');
    expect(hasVariable('subscription { a(text: "$since: 1") }', 'since')).toBe(false);
    expect(hasVariable('subscription ($since: DateTime) { o }', 'since')).toBe(true);
    expect(hasVariable('subscription ($sinceWhen: DateTime) { o }', 'since')).toBe(false);
  });

  it('have one text for equal variables', () => {
    expect(canonical({ b: 1, a: { d: [1, { y: 1, x: 2 }], c: null } })).toBe(
      '{"a":{"c":null,"d":[1,{"x":2,"y":1}]},"b":1}',
    );
  });
});

describe('the watchdog', () => {
  it('asks before it gives a silent server up, and forgets it when the server speaks', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const said: string[] = [];
    const watchdog = new Watchdog(
      10_000,
      [() => Date.now()],
      () => said.push('ask'),
      () => said.push('silent'),
    );
    vi.advanceTimersByTime(20_000);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(14_000);
    expect(said).toEqual(['ask']);
    watchdog.heard();
    vi.advanceTimersByTime(20_000);
    expect(said).toEqual(['ask']);
    vi.advanceTimersByTime(30_000);
    expect(said.slice(0, 3)).toEqual(['ask', 'ask', 'silent']);
    watchdog.stop();
  });
});
