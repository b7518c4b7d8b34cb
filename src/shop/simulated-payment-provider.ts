// A simulated payment provider, for trying the shop out and for its tests.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

/** What the simulation did for one idempotency key. */
export interface Booking {
  readonly id: string;
  readonly key: string;
  readonly what: 'charge' | 'refund';
  readonly amount: number;
  readonly declined: boolean;
}

export interface SimulationOptions {
  /** The longest time that it takes to answer, in milliseconds. */
  readonly slow?: number;
  /** The share of requests that fail before they take effect: 0 to 1. */
  readonly fails?: number;
  /** The share of requests that take effect and are then not answered: 0 to 1. */
  readonly loses?: number;
  /** Which charges it declines. */
  readonly declines?: (customer: string, key: string) => boolean;
  /** A random number from 0 to 1. */
  readonly random?: () => number;
  /** Called once for each key. */
  readonly onBooking?: (booking: Booking) => void;
}

export interface SimulatedProvider extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

const Charge = z.object({ customer: z.string(), amount: z.int().nonnegative(), currency: z.string() });

/**
 * Behaves like real ones: slow, sometimes unavailable, sometimes cut off after it has charged. It acts once for
 * each idempotency key. The customer `broke` cannot pay. Its server does not keep the process alive.
 */
export async function simulatedProvider({
  slow = 60,
  fails = 0.1,
  loses = 0.05,
  declines = (customer) => customer === 'broke',
  random = Math.random,
  onBooking = () => undefined,
}: SimulationOptions = {}): Promise<SimulatedProvider> {
  const done = new LRUCache<string, Booking>({ max: 100_000 });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = request.headers['idempotency-key'];
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // Without an encoding chunks are Buffers.
    await sleep(random() * slow);
    if (typeof key !== 'string' || request.method !== 'POST') return reply(response, 400, {});
    if (random() < fails) return reply(response, 503, { reason: 'Temporarily unavailable.' });
    const booked = done.get(key) ?? book(key, request.url ?? '/', Buffer.concat(chunks).toString('utf8'));
    if (booked === undefined) return reply(response, 422, {});
    if (random() < loses) return void request.socket.destroy();
    if (booked.declined) return reply(response, 402, { reason: 'The card was declined.' });
    reply(response, 201, { id: booked.id });
  }

  function book(key: string, path: string, body: string): Booking | undefined {
    const parsed = path === '/charges' ? Charge.safeParse(JSON.parse(body)) : undefined;
    if (parsed?.success === false) return undefined;
    const charge = parsed?.data;
    const booking: Booking = {
      // Derived from the key, so that it is the same after a restart of the simulation.
      id: createHash('sha256').update(key).digest('hex').slice(0, 16),
      key: decodeURIComponent(key),
      what: charge === undefined ? 'refund' : 'charge',
      amount: charge?.amount ?? 0,
      declined: charge !== undefined && declines(charge.customer, key),
    };
    done.set(key, booking);
    onBooking(booking);
    return booking;
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('The simulated payment provider has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
