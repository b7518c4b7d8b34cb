import { describe, expect, it, onTestFinished } from 'vitest';
import { Metrics } from '../../../src/observe/metrics.js';
import { type SlowClient, SlowClientMonitor } from '../../../src/transport/delivery/slow-client-monitor.js';

class FakeClient implements SlowClient {
  readonly pendingBytes = 1_000;
  readonly calls: string[] = [];
  read = 0;
  #seen = 0;

  madeProgress(): boolean {
    const progress = this.read > this.#seen;
    this.#seen = this.read;
    return progress;
  }

  disconnect(): void {
    this.calls.push('disconnect');
  }

  terminate(): void {
    this.calls.push('terminate');
  }
}

function monitored(timeout = 60_000) {
  const metrics = new Metrics();
  const clock = { now: 0 };
  const monitor = new SlowClientMonitor(timeout, metrics, () => clock.now);
  onTestFinished(() => monitor[Symbol.dispose]());
  const checkAt = (now: number) => {
    clock.now = now;
    monitor.check();
  };
  return { metrics, monitor, checkAt };
}

describe('SlowClientMonitor', () => {
  it('D8 disconnects a client that reads nothing for the time-out, and then terminates it', async () => {
    const { metrics, monitor, checkAt } = monitored();
    const client = new FakeClient();
    monitor.watch(client);
    checkAt(59_999);
    expect(client.calls).toEqual([]);
    checkAt(60_000);
    expect(client.calls).toEqual(['disconnect']);
    // It reads the reason.
    client.read += 1;
    checkAt(61_000);
    expect(client.calls).toEqual(['disconnect']);
    checkAt(62_000);
    expect(client.calls).toEqual(['disconnect', 'terminate']);
    expect((await metrics.slowDisconnects.get()).values).toMatchObject([
      { labels: { why: 'timeout' }, value: 1 },
    ]);
  });

  it('D8 lets a client that reads something take as long as it likes', () => {
    const { monitor, checkAt } = monitored();
    const client = new FakeClient();
    monitor.watch(client);
    for (let now = 50_000; now < 1_000_000; now += 50_000) {
      client.read += 1;
      checkAt(now);
    }
    expect(client.calls).toEqual([]);
  });

  it('D8 starts a new time-out when a client that had caught up becomes slow again', () => {
    const { monitor, checkAt } = monitored();
    const client = new FakeClient();
    monitor.watch(client);
    checkAt(50_000);
    monitor.unwatch(client);
    checkAt(100_000);
    monitor.watch(client);
    checkAt(110_000);
    expect(client.calls).toEqual([]);
    checkAt(160_000);
    expect(client.calls).toEqual(['disconnect']);
  });

  it('counts slow clients and their pending bytes', async () => {
    const { metrics, monitor } = monitored();
    const [first, second] = [new FakeClient(), new FakeClient()];
    for (const client of [first, second, first]) monitor.watch(client);
    expect((await metrics.slowClients.get()).values[0]?.value).toBe(2);
    expect((await metrics.slowBytes.get()).values[0]?.value).toBe(2_000);
    monitor.unwatch(first);
    expect((await metrics.slowClients.get()).values[0]?.value).toBe(1);
    expect((await metrics.slowBytes.get()).values[0]?.value).toBe(1_000);
  });
});
