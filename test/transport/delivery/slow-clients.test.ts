import { describe, expect, it, onTestFinished } from 'vitest';
import { Metrics } from '../../../src/observe/metrics.js';
import { type SlowClient, SlowClients } from '../../../src/transport/delivery/slow-clients.js';

class FakeClient implements SlowClient {
  readonly waiting = 1_000;
  readonly said: string[] = [];
  taken = 0;
  #asked = 0;

  moved(): boolean {
    const moved = this.taken > this.#asked;
    this.#asked = this.taken;
    return moved;
  }

  end(): void {
    this.said.push('end');
  }

  cutOff(): void {
    this.said.push('cut off');
  }
}

function watch(timeout = 60_000) {
  const metrics = new Metrics();
  const clock = { now: 0 };
  const slow = new SlowClients(timeout, metrics, () => clock.now);
  onTestFinished(() => slow[Symbol.dispose]());
  const look = (now: number) => {
    clock.now = now;
    slow.look();
  };
  return { metrics, slow, look };
}

describe('clients for which too much waits', () => {
  it('D8 are ended when they take nothing for the time-out, and then cut off', async () => {
    const { metrics, slow, look } = watch();
    const client = new FakeClient();
    slow.add(client);
    look(59_999);
    expect(client.said).toEqual([]);
    look(60_000);
    expect(client.said).toEqual(['end']);
    // It takes what says why.
    client.taken += 1;
    look(61_000);
    expect(client.said).toEqual(['end']);
    look(62_000);
    expect(client.said).toEqual(['end', 'cut off']);
    expect((await metrics.slowDisconnects.get()).values).toMatchObject([
      { labels: { why: 'timeout' }, value: 1 },
    ]);
  });

  it('D8 may take as long as they like when they take something', () => {
    const { slow, look } = watch();
    const client = new FakeClient();
    slow.add(client);
    for (let now = 50_000; now < 1_000_000; now += 50_000) {
      client.taken += 1;
      look(now);
    }
    expect(client.said).toEqual([]);
  });

  it('D8 are let go when they have read, and timed anew the next time', () => {
    const { slow, look } = watch();
    const client = new FakeClient();
    slow.add(client);
    look(50_000);
    slow.delete(client);
    look(100_000);
    slow.add(client);
    look(110_000);
    expect(client.said).toEqual([]);
    look(160_000);
    expect(client.said).toEqual(['end']);
  });

  it('are counted, with their bytes', async () => {
    const { metrics, slow } = watch();
    const [first, second] = [new FakeClient(), new FakeClient()];
    for (const client of [first, second, first]) slow.add(client);
    expect((await metrics.slowClients.get()).values[0]?.value).toBe(2);
    expect((await metrics.slowBytes.get()).values[0]?.value).toBe(2_000);
    slow.delete(first);
    expect((await metrics.slowClients.get()).values[0]?.value).toBe(1);
    expect((await metrics.slowBytes.get()).values[0]?.value).toBe(1_000);
  });
});
