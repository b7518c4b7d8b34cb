import { describe, expect, it, vi } from 'vitest';
import { openInProcessFanout } from '../../src/adapters/memory/fanout.js';
import { eventId, offset } from '../../src/core/ids.js';
import { DirectFanout } from '../../src/relay/direct-fanout.js';
import { fanoutContract } from '../contract/fanout.js';
import {
  chunk,
  claimAt,
  freshPartition,
  never,
  RecordingListener,
  relayed,
  start,
  WINDOW_EVENTS,
} from '../contract/fanout-tools.js';

const opened = () => openInProcessFanout({ windowEvents: WINDOW_EVENTS });

fanoutContract('The direct fan-out in one process', async () => new DirectFanout(opened(), () => undefined));

/** A fan-out with a relay of this process and one of another process. */
function twoRelays() {
  const inner = opened();
  const direct = new DirectFanout(inner, () => undefined);
  return { inner, direct, at: freshPartition(), heard: new RecordingListener() };
}

describe('DirectFanout', () => {
  it('a follower has the events of its own relay before the fan-out has answered', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const token = await claimAt(direct, at, -1);
    await using _ = await direct.follow(at, heard);
    const writing = vi.spyOn(inner, 'relay').mockReturnValue(new Promise(() => undefined));
    void direct.relay(at, token, chunk(-1, 0, [0]));
    expect(heard.messages).toEqual([{ prev: -1, offsets: [0] }]);
    await vi.waitFor(() => expect(writing).toHaveBeenCalledOnce());
  });

  it('what followers do with an event at the end of its tick comes before the request to the fan-out', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const token = await claimAt(direct, at, -1);
    const order: string[] = [];
    vi.spyOn(heard, 'relayed').mockImplementation(() => {
      setImmediate(() => order.push('written to sockets'));
    });
    const writing = vi.spyOn(inner, 'relay').mockImplementation(async () => {
      order.push('asked the fan-out');
      return { status: 'RELAYED', duplicates: 0 };
    });
    await using _ = await direct.follow(at, heard);
    await direct.relay(at, token, chunk(-1, 0, [0]));
    expect(order).toEqual(['written to sockets', 'asked the fan-out']);
    writing.mockRestore();
  });

  it('D6: a follower of its own relay has the events while the fan-out is away, and each once', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const token = await claimAt(direct, at, -1);
    await using _ = await direct.follow(at, heard);
    const away = vi.spyOn(inner, 'relay').mockRejectedValue(new Error('away'));
    await expect(direct.relay(at, token, chunk(-1, 1, [0, 1]))).rejects.toThrow('away');
    expect(heard.offsets).toEqual([0, 1]);
    away.mockRestore();
    await direct.relay(at, token, chunk(-1, 2, [0, 1, 2]));
    expect(heard.messages).toEqual([
      { prev: -1, offsets: [0, 1] },
      { prev: 1, offsets: [2] },
    ]);
  });

  it('D2: a follower subscribes when its own relay loses the partition, and is told to ask for what it missed', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const assigned = new AbortController();
    const { token } = await direct.claim(at, assigned.signal);
    await direct.reset(at, token, start(at, -1));
    await using _ = await direct.follow(at, heard);
    await direct.relay(at, token, chunk(-1, 0, [0]));
    const other = await inner.claim(at, never);
    await inner.relay(at, other.token, chunk(0, 1, [1]));
    expect(heard.offsets).toEqual([0]);
    assigned.abort();
    await vi.waitFor(() => expect(heard.resumptions).toBe(1));
    await inner.relay(at, other.token, chunk(1, 2, [2]));
    expect(heard.messages.at(-1)).toEqual({ prev: 1, offsets: [2] });
  });

  it('D9: a refused write ends the direct way, whatever the group says', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const token = await claimAt(direct, at, -1);
    await using _ = await direct.follow(at, heard);
    const other = await inner.claim(at, never);
    expect(await direct.relay(at, token, chunk(-1, 0, [0]))).toEqual({ status: 'FENCED' });
    await vi.waitFor(() => expect(heard.resumptions).toBe(1));
    await inner.relay(at, other.token, chunk(-1, 1, [0, 1]));
    expect(heard.offsets).toContain(1);
  });

  it('a follower leaves its subscription when its own relay claims the partition, and is told to ask for what it missed', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const other = await claimAt(inner, at, -1);
    await using _ = await direct.follow(at, heard);
    await inner.relay(at, other, chunk(-1, 0, [0]));
    expect(heard.offsets).toEqual([0]);
    const { token } = await direct.claim(at, never);
    await vi.waitFor(() => expect(heard.resumptions).toBe(1));
    await direct.relay(at, token, chunk(0, 1, [1]));
    expect(heard.messages.at(-1)).toEqual({ prev: 0, offsets: [1] });
    expect(heard.offsets).toEqual([0, 1]);
  });

  it('a follower that has left while its partition changed hands hears nothing more', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const assigned = new AbortController();
    await direct.claim(at, assigned.signal);
    const following = await direct.follow(at, heard);
    assigned.abort();
    await following[Symbol.asyncDispose]();
    const other = await claimAt(inner, at, -1);
    await inner.relay(at, other, chunk(-1, 0, [0]));
    expect(heard.offsets).toEqual([]);
    expect(heard.resumptions).toBe(0);
  });

  it('D1: of an idempotent event that came twice, only the first is heard, as the fan-out decides', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const once = { id: eventId('once'), idempotent: true };
    // Another process relayed the first one, so only the fan-out knows of it.
    const other = await claimAt(inner, at, -1);
    await inner.relay(at, other, { after: offset(-1), through: offset(0), events: [relayed(0, once)] });
    const { token } = await direct.claim(at, never);
    await using _ = await direct.follow(at, heard);
    const repeated = {
      after: offset(0),
      through: offset(2),
      events: [relayed(1, once), relayed(2)],
    };
    expect(await direct.relay(at, token, repeated)).toMatchObject({ duplicates: 1 });
    expect(heard.messages).toEqual([{ prev: 0, offsets: [2] }]);
  });

  it('D3: a follower finds a gap when the fan-out cannot say which of several events are repeated', async () => {
    const { inner, direct, at, heard } = twoRelays();
    const once = { id: eventId('once'), idempotent: true };
    const token = await claimAt(direct, at, -1);
    await using _ = await direct.follow(at, heard);
    vi.spyOn(inner, 'window').mockResolvedValue(undefined);
    const events = [relayed(0, once), relayed(1, once)];
    await direct.relay(at, token, { after: offset(-1), through: offset(1), events });
    await direct.relay(at, token, chunk(1, 2, [2]));
    expect(heard.messages).toEqual([{ prev: 1, offsets: [2] }]);
  });

  it('S4: the events that it hands over do not keep the answers in memory that they were read in', async () => {
    const { direct, at, heard } = twoRelays();
    const token = await claimAt(direct, at, -1);
    await using _ = await direct.follow(at, heard);
    const answer = Buffer.alloc(1 << 20, 'x');
    const events = [relayed(0, { data: answer.subarray(10, 30) }), relayed(1, { data: null })];
    await direct.relay(at, token, { after: offset(-1), through: offset(1), events });
    expect(heard.events.map(({ event }) => event.data?.toString())).toEqual(['x'.repeat(20), undefined]);
    expect(heard.events[0]?.event.data?.buffer.byteLength).toBe(20);
  });
});
