import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClientError } from '../src/client-error.js';
import { Connection } from '../src/connection.js';
import type { Credentials, Link, LinkListener } from '../src/link.js';

/** A connection whose links a test speaks for. */
function open(
  credentials: () => Promise<Credentials> = () => Promise.resolve({}),
  onOpen: () => void = () => undefined,
) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const links: { listener: LinkListener; isClosed: boolean; probes: number; renewed: Credentials[] }[] = [];
  const states: string[] = [];
  const problems: string[] = [];
  const up: (Link | undefined)[] = [];
  const connection = new Connection({
    links: {
      websocket: (_credentials, listener) => {
        onOpen();
        const link = { listener, isClosed: false, probes: 0, renewed: [] as Credentials[] };
        links.push(link);
        return {
          start: () => () => undefined,
          probe: () => {
            link.probes += 1;
          },
          renew: (renewed) => link.renewed.push(renewed),
          close: () => {
            link.isClosed = true;
          },
        };
      },
    },
    transports: ['websocket'],
    credentials,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => 0.5,
    onLink: (link) => up.push(link),
    onState: ({ state }) => states.push(state),
    onNotRenewed: (error) => problems.push(error.code),
  });
  connection.input({ type: 'wanted' });
  return { connection, links, states, problems, up, settle: () => vi.advanceTimersByTimeAsync(0) };
}

describe('a connection', () => {
  it('is given up when the server does not answer in time, and tried again', async () => {
    const { links, states, settle } = open();
    await settle();
    await vi.advanceTimersByTimeAsync(20_000);
    expect([states, links[0]?.isClosed]).toEqual([['connecting', 'waiting'], true]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(links).toHaveLength(2);
    // What the first one still says is passed over.
    links[0]?.listener.opened(undefined);
    expect(states.at(-1)).toBe('connecting');
  });

  it('is given up when the credentials are not had in time, or cannot be had', async () => {
    const never = open(() => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(20_000);
    expect([never.states, never.links]).toEqual([['connecting', 'waiting'], []]);
    const failing = open(() => Promise.reject(new Error('no network')));
    await failing.settle();
    expect(failing.connection.state).toMatchObject({
      state: 'waiting',
      because: 'the credentials cannot be had: Error: no network',
    });
  });

  it('whose link cannot be made waits, and says why', async () => {
    const { connection, settle } = open(undefined, () => {
      throw new TypeError('Invalid WebSocket implementation provided');
    });
    await settle();
    expect(connection.state).toMatchObject({
      state: 'waiting',
      because: 'TypeError: Invalid WebSocket implementation provided',
    });
  });

  it('tells of its link while it is up, and asks a silent server before it is given up', async () => {
    const { links, states, up, settle } = open();
    await settle();
    links[0]?.listener.opened(12_000);
    expect(up).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(29_000);
    links[0]?.listener.heard();
    await vi.advanceTimersByTimeAsync(31_000);
    expect([links[0]?.probes, states.at(-1)]).toEqual([1, 'connected']);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([states.includes('waiting'), links[0]?.isClosed, up[1]]).toEqual([true, true, undefined]);
  });

  it('that nobody wants any more is closed, and an attempt under way is dropped', async () => {
    const { connection, links, settle } = open();
    connection.input({ type: 'unwanted' });
    await settle();
    expect([connection.state, links]).toEqual([{ state: 'idle' }, []]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(links).toEqual([]);
  });

  it('that a listener closes while it is being lost opens no other link, and reports its end last', async () => {
    const { connection, links, states, up, settle } = open();
    await settle();
    links[0]?.listener.opened(undefined);
    const { push } = up;
    up.push = (link) => {
      if (link === undefined) connection.input({ type: 'close' });
      return push.call(up, link);
    };
    // Other credentials: the link is closed, and the next one opened.
    connection.input({ type: 'credentials' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([links.length, links[0]?.isClosed, states.at(-1)]).toEqual([1, true, 'closed']);
  });

  it('that is silent counts as dead even if the system clock is set back', async () => {
    const { links, states, settle } = open();
    await settle();
    links[0]?.listener.opened(12_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([links[0]?.probes, states.includes('waiting')]).toEqual([1, true]);
  });

  it('is pinged, and kept, when the system clock is set an hour forward', async () => {
    const { links, states, settle } = open();
    await settle();
    links[0]?.listener.opened(12_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    for (let i = 0; i < 6; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      links[0]?.listener.heard();
    }
    expect([links[0]?.probes, states]).toEqual([1, ['connecting', 'connected']]);
  });

  it('S2 sends new credentials over its open link, reports a final refusal, and retries what may pass', async () => {
    let given = 0;
    const { connection, links, states, problems, settle } = open(async () => {
      given += 1;
      if (given === 3) throw new Error('no network');
      return { authorization: String(given) };
    });
    await settle();
    const [link] = links;
    link?.listener.opened(undefined, true);
    link?.listener.renewal?.({ type: 'expiring' });
    await settle();
    link?.listener.renewal?.({ type: 'renewed' });
    // Its credentials cannot be had now, and a second later they can.
    connection.input({ type: 'credentials' });
    await settle();
    expect(problems).toEqual(['NOT_RENEWED']);
    await vi.advanceTimersByTimeAsync(1_000);
    const error = new ClientError('UNAUTHENTICATED', 'no');
    link?.listener.renewal?.({ type: 'renewed', error });
    expect(link?.renewed).toEqual([{ authorization: '2' }, { authorization: '4' }]);
    expect(problems).toEqual(['NOT_RENEWED', 'UNAUTHENTICATED']);
    expect([states, links]).toEqual([['connecting', 'connected'], [link]]);
  });

  it('whose link is lost while new credentials are fetched for it does not send them', async () => {
    let go: ((credentials: Credentials) => void) | undefined;
    let given = 0;
    const { links, settle } = open(() => {
      given += 1;
      return given === 1 ? Promise.resolve({}) : new Promise((resolve) => (go = resolve));
    });
    await settle();
    links[0]?.listener.opened(undefined, true);
    links[0]?.listener.renewal?.({ type: 'expiring' });
    links[0]?.listener.lost({ kind: 'retry', why: 'cut' });
    go?.({ authorization: 'late' });
    await settle();
    expect(links[0]?.renewed).toEqual([]);
  });

  it('whose credentials the listener of its opening renews is up all the same', async () => {
    const { connection, links, states, up, settle } = open();
    const { push } = states;
    states.push = (state) => {
      if (state === 'connected') connection.input({ type: 'credentials' });
      return push.call(states, state);
    };
    await settle();
    links[0]?.listener.opened(undefined, true);
    await settle();
    expect([up.length, links[0]?.renewed]).toEqual([1, [{}]]);
  });
});
