import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientError } from '../../src/client-error.js';
import type { Credentials, Link, LinkListener, OpenLink, Operation, OperationSink } from '../../src/link.js';
import { Hub } from '../../src/tabs/hub.js';
import { costOf, type ToTab, WINDOW_COST } from '../../src/tabs/messages.js';
import type { Tab } from '../../src/tabs/streams.js';

interface Started {
  readonly operation: Operation;
  readonly sink: OperationSink;
  isStopped: boolean;
}

/** A server that a test speaks for. */
function server() {
  const started: Started[] = [];
  const renewed: Credentials[] = [];
  let listener: LinkListener | undefined;
  let isClosed = false;
  const open: OpenLink = (_credentials, to): Link => {
    listener = to;
    return {
      start(operation, sink) {
        const one = { operation, sink, isStopped: false };
        started.push(one);
        return () => {
          one.isStopped = true;
        };
      },
      probe: () => undefined,
      renew: (credentials) => void renewed.push(credentials),
      close: () => {
        isClosed = true;
      },
    };
  };
  return {
    open,
    started,
    renewed,
    get listener() {
      if (listener === undefined) throw new Error('No link has been opened.');
      return listener;
    },
    get isClosed() {
      return isClosed;
    },
    running: () => started.filter(({ isStopped }) => !isStopped),
  };
}

/** A tab that writes down what it gets. */
class FakeTab implements Tab {
  readonly got: ToTab[] = [];
  /** What it has received and not acknowledged. */
  cost = 0;
  post(message: ToTab): void {
    this.got.push(message);
    this.cost += costOf(message);
  }
  /** Results and positions of one operation, as `n` or a cursor with `behind`. */
  read(id: number): readonly unknown[] {
    return this.got.flatMap((message): readonly unknown[] => {
      if (!('id' in message) || message.id !== id) return [];
      if (message.type === 'next') return [(JSON.parse(message.result) as { data: number }).data];
      return [message.type === 'position' ? `${message.cursor}/${message.behind}` : message.type];
    });
  }
}

const QUERY: Operation = { query: 'subscription { n }' };
const after = (cursor: string): Operation => ({ ...QUERY, extensions: { after: cursor } });
const result = (n: number, more = '') => ({
  data: n,
  extensions: { cursor: `c${n}` },
  ...(more && { more }),
});

function open() {
  const upstream = server();
  const ends: string[] = [];
  const hub = new Hub(upstream.open, { authorization: 'Demo ada' }, () => ends.push('end'));
  upstream.listener.opened(12_000);
  const join = (): FakeTab => {
    const tab = new FakeTab();
    hub.join(tab);
    return tab;
  };
  const stream = (index: number): Started => {
    const found = upstream.started[index];
    if (found === undefined) throw new Error(`There is no stream ${index}.`);
    return found;
  };
  return { hub, upstream, ends, join, stream };
}

describe('the hub of tabs', () => {
  it('lets two operations read one stream once both are at the same position', () => {
    const { hub, upstream, join, stream } = open();
    const [first, second] = [join(), join()];
    hub.start(first, 1, QUERY);
    stream(0).sink.position('c0', 0);
    hub.start(second, 7, QUERY);
    expect(upstream.running()).toHaveLength(2);
    stream(1).sink.position('c0', 0);
    expect(upstream.running()).toEqual([stream(0)]);
    stream(0).sink.next(result(1));
    expect(first.read(1)).toEqual(['c0/0', 1]);
    expect(second.read(7)).toEqual(['c0/0', 'c0/0', 1]);
  });

  it('D4 serves an operation that resumes from the ring, without the server', () => {
    const { hub, upstream, join, stream } = open();
    const [first, second] = [join(), join()];
    hub.start(first, 1, after('c0'));
    stream(0).sink.position('c0', 0);
    for (const n of [1, 2, 3]) stream(0).sink.next(result(n));
    hub.start(second, 1, after('c1'));
    hub.start(second, 2, after('c0'));
    expect(upstream.started).toHaveLength(1);
    expect(second.read(1)).toEqual(['c1/2', 2, 3, 'c3/0']);
    expect(second.read(2)).toEqual(['c0/3', 1, 2, 3, 'c3/0']);
  });

  it('asks the server for a position that no ring has, and never serves another operation from a ring', () => {
    const { hub, upstream, join, stream } = open();
    const tab = join();
    hub.start(tab, 1, after('c0'));
    stream(0).sink.next(result(1));
    hub.start(tab, 2, after('c7'));
    hub.start(tab, 3, { ...after('c1'), query: 'subscription { other }' });
    hub.start(tab, 4, { ...after('c1'), variables: { room: 'a' } });
    expect(upstream.started.map(({ operation }) => operation.extensions)).toEqual([
      { after: 'c0' },
      { after: 'c7' },
      { after: 'c1' },
      { after: 'c1' },
    ]);
  });

  it('gives a frozen tab a bounded number of bytes, and the rest once it acknowledges', () => {
    const { hub, join, stream } = open();
    const [frozen, awake] = [join(), join()];
    hub.start(frozen, 1, after('c0'));
    hub.start(awake, 1, after('c0'));
    const text = 'x'.repeat(10_000);
    for (let n = 1; n <= 50; n++) {
      stream(0).sink.next(result(n, text));
      hub.acknowledge(awake, awake.cost);
      awake.cost = 0;
    }
    expect(awake.read(1)).toHaveLength(50);
    expect(frozen.cost).toBeGreaterThan(WINDOW_COST);
    expect(frozen.cost).toBeLessThan(WINDOW_COST + 11_000);
    hub.acknowledge(frozen, frozen.cost);
    expect(frozen.read(1)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('D4 tells a tab that slept longer than the ring lasts to resume from its position, and costs nothing until then', () => {
    const { hub, upstream, join, stream } = open();
    const tab = join();
    hub.start(tab, 1, after('c0'));
    for (let n = 1; n < 400 && tab.read(1).at(-1) !== 'lost'; n++)
      stream(0).sink.next(result(n, 'x'.repeat(10_000)));
    expect(tab.read(1).at(-1)).toBe('lost');
    expect(tab.got.filter(({ type }) => type === 'lost')).toHaveLength(1);
    // Nobody reads the stream any more.
    expect(upstream.running()).toEqual([]);
  });

  it('passes the end of a stream on to those who have read it, and loses the operations of the others', () => {
    const { hub, join, stream } = open();
    const [frozen, awake] = [join(), join()];
    hub.start(frozen, 1, after('c0'));
    hub.start(awake, 1, after('c0'));
    for (let n = 1; n <= 30; n++) {
      stream(0).sink.next(result(n, 'x'.repeat(10_000)));
      hub.acknowledge(awake, awake.cost);
      awake.cost = 0;
    }
    stream(0).sink.error([{ message: 'gone', extensions: { code: 'RESYNC_REQUIRED' } }]);
    expect([frozen.read(1).at(-1), awake.read(1).at(-1)]).toEqual(['lost', 'error']);
  });

  it('stops a stream when its last reader stops, and closes the connection when the last tab has left', () => {
    const { hub, upstream, ends, join } = open();
    const [first, second] = [join(), join()];
    hub.start(first, 1, after('c0'));
    hub.start(second, 1, after('c0'));
    hub.stop(first, 1);
    expect(upstream.running()).toHaveLength(1);
    hub.leave(second);
    expect(upstream.running()).toHaveLength(0);
    expect(upstream.isClosed).toBe(false);
    hub.leave(first);
    expect([upstream.isClosed, ends]).toEqual([true, ['end']]);
  });

  it('tells every tab that the connection is lost, and that credentials were refused for an operation', () => {
    const { hub, upstream, ends, join, stream } = open();
    const tab = join();
    hub.start(tab, 1, QUERY);
    expect(hub.isRefused).toBe(false);
    stream(0).sink.error([{ message: 'expired', extensions: { code: 'UNAUTHENTICATED', retry: true } }]);
    expect(hub.isRefused).toBe(true);
    const loss = { kind: 'retry', why: '1006' } as const;
    upstream.listener.lost(loss);
    hub.leave(tab);
    expect(tab.got.at(-1)).toEqual({ type: 'gone', loss });
    expect(ends).toEqual(['end']);
  });

  it('S2 renews credentials once for all tabs that ask, and tells each of them', () => {
    const { hub, upstream, join } = open();
    const tabs = [join(), join(), join()] as const;
    upstream.listener.renewal?.({ type: 'expiring' });
    const late = join();
    expect([...tabs, late].map(({ got }) => got.at(-1))).toEqual(Array(4).fill({ type: 'expiring' }));
    hub.renew(tabs[0], { authorization: 'Bearer 1' });
    hub.renew(tabs[1], { authorization: 'Bearer 2' });
    expect(upstream.renewed).toEqual([{ authorization: 'Bearer 1' }]);
    hub.leave(tabs[1]);
    upstream.listener.renewal?.({ type: 'renewed', error: undefined });
    const answer = { type: 'renewed', errors: undefined };
    expect(tabs.map(({ got }) => got.filter(({ type }) => type === 'renewed'))).toEqual([[answer], [], []]);
    hub.renew(tabs[2], { authorization: 'Bearer 3' });
    const error = new ClientError('UNAUTHENTICATED', 'no', { errors: [{ message: 'no' }] });
    upstream.listener.renewal?.({ type: 'renewed', error });
    expect(tabs[2].got.at(-1)).toEqual({ type: 'renewed', errors: [{ message: 'no' }] });
  });

  /** What a model may do, as numbers: which tab, which operation, how many. */
  const act = fc.record({
    what: fc.constantFrom('start', 'event', 'event', 'event', 'position', 'stop', 'ack', 'freeze', 'leave'),
    tab: fc.nat(2),
    count: fc.integer({ min: 1, max: 40 }),
  });

  it('D3 D4 loses, repeats and reorders nothing for any tab, whatever tabs start, stop, freeze and leave', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
        const { hub, upstream, join } = open();
        /** The log: all streams of the server follow it, each from its own position on. */
        let newest = 0;
        const sent = new Map<Started, number>();
        const advance = (): void => {
          for (const one of upstream.running()) {
            const from = sent.get(one) ?? Number(String(one.operation.extensions?.['after']).slice(1));
            for (let n = from + 1; n <= newest && !one.isStopped; n++) {
              sent.set(one, n);
              one.sink.next(result(n, 'x'.repeat(3_000)));
            }
            if (!one.isStopped) one.sink.position(`c${newest}`, 0);
          }
        };
        class ModelTab {
          tab = join();
          id = 0;
          at = 0;
          isFrozen = false;
          isRunning = false;
          /** Handles what it got, as a page does, and acknowledges it. */
          drain(): void {
            if (this.isFrozen) return;
            if (this.tab.got.length > 0) this.take(this.tab.got.splice(0));
          }
          take(messages: readonly ToTab[]): void {
            for (const message of messages) {
              if (!('id' in message) || message.id !== this.id) continue;
              if (message.type === 'next') {
                const { data } = JSON.parse(message.result) as { data: number };
                expect(data).toBe(this.at + 1);
                this.at = data;
              } else if (message.type === 'position') {
                expect(Number(message.cursor.slice(1))).toBe(this.at);
              } else if (message.type === 'lost') this.isRunning = false;
            }
            const { cost } = this.tab;
            this.tab.cost = 0;
            hub.acknowledge(this.tab, cost);
            this.drain();
          }
          start(): void {
            if (this.isRunning || this.isFrozen) return;
            this.isRunning = true;
            this.id += 1;
            hub.start(this.tab, this.id, after(`c${this.at}`));
            advance();
          }
        }
        const tabs = [new ModelTab(), new ModelTab(), new ModelTab()];
        for (const { what, tab: index, count } of acts) {
          const tab = tabs[index] as ModelTab; // There are three.
          if (what === 'event') {
            newest += count;
            advance();
          } else if (what === 'position') advance();
          else if (what === 'start') tab.start();
          else if (what === 'freeze') tab.isFrozen = true;
          else if (what === 'ack') tab.isFrozen = false;
          else if (what === 'stop' && tab.isRunning && !tab.isFrozen) {
            hub.stop(tab.tab, tab.id);
            tab.isRunning = false;
          } else if (what === 'leave') {
            hub.leave(tab.tab);
            // A page reload: the next page resumes from its position.
            tab.tab = join();
            tab.isRunning = false;
            tab.isFrozen = false;
          }
          for (const one of tabs) {
            one.drain();
            expect(one.tab.cost).toBeLessThanOrEqual(WINDOW_COST + 4_000);
          }
          // Operations of the same group at the same position are one stream of the server.
          const ends = upstream.running().map((one) => sent.get(one));
          if (what === 'event') expect(new Set(ends).size).toBe(ends.length);
        }
        // Awake and started, every tab comes to the end.
        for (const tab of tabs) {
          tab.isFrozen = false;
          for (let tries = 0; tries < 3; tries++) {
            tab.drain();
            tab.start();
            tab.drain();
          }
          expect(tab.at).toBe(newest);
        }
      }),
      { numRuns: 300 },
    );
  });
});
