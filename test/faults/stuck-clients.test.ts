import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayProcess } from '../support/gateway-process.js';
import type { Transport } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { scaled } from './support/speed.js';
import { StuckSocket } from './support/stuck-socket.js';
import { StuckStream } from './support/stuck-stream.js';
import { FaultWorld, metric, SAID } from './support/world.js';

const TRANSPORTS: readonly Transport[] = ['ws', 'sse', 'event-source'];
const SLOW_BYTES = 262_144;
const EVENT_BYTES = 60_000;
/** Twice as much as the operating system buffers for a client that does not read, about 4 MB. */
const EVENTS = 180;
/** Other memory that a node may use meanwhile: read buffers, and garbage that is not collected yet. */
const OTHER_BYTES = 160 << 20;

describe('clients that never read', { timeout: CASE_TIMEOUT }, () => {
  it('D8 C4 up to a thousand clients that never read use bounded memory, delay no other client and lose nothing', async () => {
    await using world = await FaultWorld.open({
      env: {
        SLOW_BYTES: String(SLOW_BYTES),
        SLOW_TIMEOUT_MS: '600000',
        RING_BYTES: '1000000',
        WINDOW_EVENTS: '20',
        TOPIC_PARTITIONS: '2',
      },
    });
    await world.relay();
    const gateway = await world.gateway();
    const publisher = await world.gateway();
    const fast = [];
    for (const over of TRANSPORTS) fast.push(await world.subscriber(gateway, { over }));
    const warm = await world.load(publisher, { bytes: EVENT_BYTES });
    await world.grows(30);
    await warm.stop();
    await expectAll(fast, world.appended);

    const seen = new Set(world.appended.accepted.keys());
    const count = Math.min(scaled(1_000, 40), maxStuckClients());
    const stuck: StuckSocket[] = [];
    const streams: StuckStream[] = [];
    onTestFinished(async () => {
      for (const one of [...stuck, ...streams]) await one[Symbol.asyncDispose]();
    });
    for (let n = 0; n < count; n++) {
      if (n % 2 === 0) stuck.push(await StuckSocket.open(gateway.url, SAID));
      else streams.push(await StuckStream.open(gateway.url, SAID, {}));
    }
    await runningSubscriptions(gateway.url, fast.length + count);
    const before = residentBytes(gateway);
    let most = 0;
    const stream = await world.load(publisher, { bytes: EVENT_BYTES });
    for (let n = 0; n < EVENTS; n += 10) {
      await world.grows(10);
      most = Math.max(most, await metric(gateway.url, 'millrace_slow_bytes'));
    }
    await stream.stop();
    await expectAll(fast, world.appended);
    expect(await metric(gateway.url, 'millrace_slow_clients')).toBe(count);
    // The high-water mark, and one frame that crosses it.
    const bound = count * (SLOW_BYTES + EVENT_BYTES + 2_000);
    expect(most).toBeLessThanOrEqual(bound);
    expect(residentBytes(gateway) - before).toBeLessThan(bound + OTHER_BYTES);

    const due = [...world.appended.accepted.values()].filter(({ id }) => !seen.has(id));
    for (const socket of stuck.slice(0, 4)) {
      expect(socket.received).toEqual([]);
      socket.read();
      await expect.poll(() => socket.closed ?? socket.received.length, EVENTUALLY).toBe(due.length);
      for (const partition of [0, 1]) {
        const here = due.filter((event) => event.partition === partition).sort((a, b) => a.offset - b.offset);
        const got = socket.received.filter((place) => place.startsWith(`${partition}/`));
        expect(got).toEqual(here.map(({ offset }) => `${partition}/${offset}`));
      }
    }
    expect(stuck.map(({ closed }) => closed).filter((why) => why !== undefined)).toEqual([]);
  });
});

/** How many stuck clients, of 5 MB each, fit into half of the operating system's socket buffers. */
function maxStuckClients(): number {
  const [, pressure = 0] = numbersIn('/proc/sys/net/ipv4/tcp_mem');
  return Math.max(40, Math.floor((pressure * 4096) / 2 / 5_000_000));
}

/** The resident memory of a process, in bytes. */
function residentBytes({ child }: GatewayProcess): number {
  const [, resident = 0] = numbersIn(`/proc/${child.pid}/statm`);
  return resident * 4096;
}

function numbersIn(file: string): readonly number[] {
  return readFileSync(file, 'utf8').trim().split(/\s+/).map(Number);
}
