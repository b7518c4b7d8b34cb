import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { openRedisStateStore } from '../../src/adapters/redis/state-store.js';
import { claimAt, freshPartition, Heard, stretch } from '../contract/fanout-tools.js';
import { redisUrl } from '../support/services.js';

const url = redisUrl();
const SOON = { timeout: 60_000 };

describe('Redis behind a line that fails', { timeout: 120_000 }, () => {
  it('D6: a Redis that comes after the start is found, and one that goes and returns too', async () => {
    await using line = await Line.open();
    line.state = 'cut';
    await using fanout = await openRedisFanout({ url: line.url, prefix: randomUUID(), windowEvents: 10 });
    const at = freshPartition();
    const heard = new Heard();
    const away = { code: 'FANOUT_UNAVAILABLE' };
    await expect(fanout.follow(at, heard)).rejects.toMatchObject(away);
    line.state = 'open';
    await using _ = await vi.waitFor(() => fanout.follow(at, heard), SOON);
    const token = await vi.waitFor(() => claimAt(fanout, at, -1), SOON);
    await fanout.relay(at, token, stretch(-1, 0, [0]));
    await vi.waitFor(() => expect(heard.offsets).toEqual([0]), SOON);

    line.cut();
    await expect(fanout.newest([at])).rejects.toMatchObject(away);
    line.state = 'open';
    await vi.waitFor(() => expect(heard.resumptions).toBe(1), SOON);
    await vi.waitFor(() => fanout.relay(at, token, stretch(0, 1, [1])), SOON);
    await vi.waitFor(() => expect(heard.offsets).toEqual([0, 1]), SOON);
  });

  it('D6: connections that went silent without closing are made anew', async () => {
    await using line = await Line.open();
    const onProblem = vi.fn();
    const prefix = randomUUID();
    await using fanout = await openRedisFanout({ url: line.url, prefix, windowEvents: 10, onProblem });
    await using store = await openRedisStateStore({ url: line.url, prefix });
    const at = freshPartition();
    const heard = new Heard();
    await using _ = await fanout.follow(at, heard);
    const token = await claimAt(fanout, at, -1);
    await store.put('k', Buffer.from('v'));
    line.silence();
    await expect(fanout.newest([at])).rejects.toMatchObject({ code: 'FANOUT_UNAVAILABLE' });
    // New connections pass; the silent ones stay silent.
    await vi.waitFor(() => expect(heard.resumptions).toBe(1), SOON);
    await vi.waitFor(() => fanout.relay(at, token, stretch(-1, 0, [0])), SOON);
    await vi.waitFor(() => expect(heard.offsets).toEqual([0]), SOON);
    await vi.waitFor(async () => expect(await store.get('k')).toEqual(Buffer.from('v')), SOON);
    expect(onProblem).toHaveBeenCalledWith(expect.objectContaining({ kind: 'redis-silent' }));
  });
});

/** A TCP line to Redis that can be cut and silenced. */
class Line implements AsyncDisposable {
  state: 'open' | 'cut' = 'open';
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server = createServer((near) => {
    if (this.state === 'cut') return void near.destroy();
    const { hostname, port } = new URL(url);
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        this.#pairs.delete(pair);
      });
    }
    near.pipe(far).pipe(near);
  });

  static async open(): Promise<Line> {
    const line = new Line();
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url(): string {
    // A listening TCP server has an address of this shape.
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Closes every connection, and each new one at once. */
  cut(): void {
    this.state = 'cut';
    for (const [near] of this.#pairs) near.destroy();
  }

  /** The connections there are carry nothing any more, in either direction, and do not close. */
  silence(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.pause();
      far.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
  }
}
