import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { httpProvider } from '../../src/shop/payment-provider.js';
import {
  type Booking,
  type SimulationOptions,
  simulatedProvider,
} from '../../src/shop/simulated-payment-provider.js';

/** Upper bounds, so that a slow machine does not cause attempts that the test has not planned. */
const PATIENT = { attempt: 30_000, deadline: 60_000 };
const { signal } = new AbortController();
const charge = { orderId: 'o', customerId: 'ada', amount: { amount: 700, currency: 'EUR' } };

async function open(options: SimulationOptions) {
  const booked: Booking[] = [];
  const simulation = await simulatedProvider({ slow: 0, onBooking: (one) => booked.push(one), ...options });
  return { simulation, booked, provider: httpProvider(() => simulation.url, PATIENT) };
}

/** A random source that returns these numbers in order, and 1 afterwards. */
function chance(...numbers: number[]) {
  return () => numbers.shift() ?? 1;
}

describe('the payment provider', () => {
  it('charges, and refunds the charge', async () => {
    const { simulation, booked, provider } = await open({ fails: 0, loses: 0 });
    await using _ = simulation;
    const answer = await provider.charge(charge, signal);
    expect(answer).toMatchObject({ ok: true });
    const chargeId = answer.ok ? answer.id : '';
    expect(await provider.refund({ orderId: 'o', chargeId }, signal)).toMatchObject({ ok: true });
    expect(booked.map(({ key, what }) => [key, what])).toEqual([
      ['o/charge', 'charge'],
      ['o/refund', 'refund'],
    ]);
  });

  it('declines a customer who cannot pay', async () => {
    const { simulation, provider } = await open({ fails: 0, loses: 0 });
    await using _ = simulation;
    expect(await provider.charge({ ...charge, customerId: 'broke' }, signal)).toMatchObject({ ok: false });
  });

  it('D1: charges once when it was unavailable twice and then cut off after charging', async () => {
    // For each request: its delay, whether it fails, whether its answer is lost.
    const random = chance(0, 0, 0, 0, 0, 0.9, 0);
    const { simulation, booked, provider } = await open({ fails: 0.5, loses: 0.5, random });
    await using _ = simulation;
    const first = await provider.charge(charge, signal);
    expect(first).toMatchObject({ ok: true });
    // A service that was killed before its commit repeats the request.
    expect(await provider.charge(charge, signal)).toEqual(first);
    expect(booked).toHaveLength(1);
  });

  it('rejects after the deadline when every attempt fails', async () => {
    const { simulation, booked } = await open({ fails: 1 });
    await using _ = simulation;
    const provider = httpProvider(() => simulation.url, { deadline: 300 });
    // D10: an outage is not the order's fault, so its event must not become a dead letter.
    await expect(provider.charge(charge, signal)).rejects.toMatchObject({
      name: 'ProviderUnavailable',
      retry: true,
    });
    expect(booked).toEqual([]);
  });

  it('stops retrying when the caller aborts', async () => {
    const { simulation } = await open({ fails: 1 });
    await using _ = simulation;
    const provider = httpProvider(() => simulation.url);
    const stop = new AbortController();
    const asked = provider.charge(charge, stop.signal);
    stop.abort(new Error('the partition went elsewhere'));
    await expect(asked).rejects.toThrow('the partition went elsewhere');
  });

  it('retries when the provider cannot be reached', async () => {
    const { simulation } = await open({ fails: 0, loses: 0 });
    await using _ = simulation;
    const urls = ['http://127.0.0.1:9', simulation.url];
    const provider = httpProvider(() => urls.shift() ?? simulation.url);
    expect(await provider.charge(charge, signal)).toMatchObject({ ok: true });
  });

  it('treats 422 as a decline, without a retry', async () => {
    await using provider = await answering(422, { reason: 'Not in this currency.' });
    const over = httpProvider(() => provider.url, PATIENT);
    expect(await over.charge(charge, signal)).toEqual({ ok: false, reason: 'Not in this currency.' });
    await expect(over.refund({ orderId: 'o', chargeId: 'c' }, signal)).rejects.toThrow('refused to refund c');
    expect(provider.asked()).toBe(2);
  });

  it.each([400, 401, 413, 422])('D1: does not treat %i without a reason as a decline', async (status) => {
    await using provider = await answering(status, {});
    const asked = httpProvider(() => provider.url, { ...PATIENT, deadline: 500 }).charge(charge, signal);
    await expect(asked).rejects.toThrow();
  });
});

async function answering(status: number, body: object) {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
