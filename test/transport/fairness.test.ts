import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Prepared } from '../../src/operation/operations.js';
import type { OperationRequest } from '../../src/operation/request.js';
import { ConnectionQueue } from '../../src/transport/delivery/connection-queue.js';
import { RequestTurns } from '../../src/transport/http/request-turns.js';
import { FakeOperations } from './fake-operations.js';
import { RawClient, serve, WAIT } from './serve.js';

const MANY = 2_000;
/** How many operations of the busy connection may come first, at most. They take half a millisecond each. */
const FEW = 100;

/** Operations whose preparation takes time. `prepared` has their names in the order in which they were prepared. */
class SlowOperations extends FakeOperations {
  readonly prepared: string[] = [];

  override prepare(request: OperationRequest): Prepared {
    const end = performance.now() + (request.query.includes('Busy') ? 0.5 : 0);
    while (performance.now() < end);
    this.prepared.push(request.operationName ?? '');
    return super.prepare(request);
  }
}

async function serveSlow() {
  const operations = new SlowOperations();
  const served = await serve({ operations });
  return { ...served, operations };
}

const busy = (i: number): string => `subscription Busy${i} { n }`;

it('S4 answers the query of one WebSocket before most of what another has pipelined', async () => {
  const { operations, wsUrl } = await serveSlow();
  const a = await RawClient.acknowledged(wsUrl);
  const b = await RawClient.acknowledged(wsUrl);
  for (let i = 0; i < MANY; i++) a.subscribe(String(i), busy(i), { operationName: `Busy${i}` });
  b.subscribe('1', 'query Other { n }', { operationName: 'Other' });
  await b.sees({ id: '1', type: 'complete' });
  expect(operations.prepared.length).toBeLessThan(MANY / 2);
  expect(operations.prepared.indexOf('Other')).toBeLessThan(FEW);
  await vi.waitFor(() => expect(operations.subscriptions.length).toBe(1_000), WAIT);
});

it('S4 documents that are new have the short turn of a WebSocket, however quickly each is validated', async () => {
  const perTick: number[] = [0];
  class QuickOperations extends FakeOperations {
    override prepare(request: OperationRequest): Prepared {
      if (perTick.at(-1) === 0) setImmediate(() => perTick.push(0));
      perTick[perTick.length - 1] = (perTick.at(-1) ?? 0) + 1;
      const end = performance.now() + 0.0625;
      while (performance.now() < end);
      return { ...super.prepare(request), isNew: true };
    }
  }
  const operations = new QuickOperations();
  const { wsUrl } = await serve({ operations });
  const a = await RawClient.acknowledged(wsUrl);
  for (let i = 0; i < 500; i++) a.subscribe(String(i), busy(i), { operationName: `Busy${i}` });
  await vi.waitFor(() => expect(operations.subscriptions).toHaveLength(500), WAIT);
  // Four fill the turn, and the turn of those that have waited begins in the same tick.
  expect(Math.max(...perTick)).toBeLessThanOrEqual(8);
});

it('S4 keeps the order of what one WebSocket has pipelined', async () => {
  const { operations, wsUrl } = await serveSlow();
  const a = await RawClient.acknowledged(wsUrl);
  const names = Array.from({ length: 500 }, (_, i) => `Busy${i}`);
  for (const [i, name] of names.entries()) a.subscribe(String(i), busy(i), { operationName: name });
  await vi.waitFor(() => expect(operations.prepared).toHaveLength(names.length), WAIT);
  expect(operations.prepared).toEqual(names);
});

it('S4 does not parse a subscription that was completed while it waited', async () => {
  const { operations, wsUrl } = await serveSlow();
  const a = await RawClient.acknowledged(wsUrl);
  for (let i = 0; i < MANY; i++) {
    a.subscribe('same', busy(i), { operationName: `Busy${i}` });
    a.send({ id: 'same', type: 'complete' });
  }
  a.subscribe('same', 'query Last { n }', { operationName: 'Last' });
  await a.sees({ id: 'same', type: 'complete' });
  expect(operations.prepared.at(-1)).toBe('Last');
  expect(operations.prepared.length).toBeLessThan(FEW);
  for (const { closed } of operations.subscriptions) expect(closed).toBe(true);
});

it('S4 closes with 4409 when an id is used twice, also before its `complete` that waits', async () => {
  const { wsUrl } = await serveSlow();
  const a = await RawClient.acknowledged(wsUrl);
  for (let i = 0; i < 10; i++) a.subscribe(String(i), busy(i), { operationName: `Busy${i}` });
  a.subscribe('twice', busy(0));
  a.subscribe('twice', busy(1));
  a.send({ id: 'twice', type: 'complete' });
  expect(await a.closed).toMatchObject({ code: 4409 });
});

it('S4 a `complete` for the operation that runs does not complete the next one of its id', async () => {
  const { operations, wsUrl } = await serveSlow();
  const a = await RawClient.acknowledged(wsUrl);
  a.subscribe('id', 'subscription First { n }', { operationName: 'First' });
  for (let i = 0; i < 10; i++) a.subscribe(String(i), busy(i), { operationName: `Busy${i}` });
  a.send({ id: 'id', type: 'complete' });
  a.subscribe('id', 'subscription Second { n }', { operationName: 'Second' });
  await vi.waitFor(() => expect(operations.prepared.at(-1)).toBe('Second'), WAIT);
  expect(operations.subscriptions[0]?.closed).toBe(true);
  expect(operations.subscriptions.at(-1)?.closed).toBe(false);
});

it('C4 S4 does not read a WebSocket further than its turns go', async () => {
  let [received, mostWaiting] = [0, 0];
  const { operations, wsUrl } = await serveSlow();
  const add = ConnectionQueue.prototype.add;
  vi.spyOn(ConnectionQueue.prototype, 'add').mockImplementation(function (this: unknown, task, bytes) {
    received += 1;
    const done = Reflect.apply(add, this, [task, bytes]);
    mostWaiting = Math.max(mostWaiting, received - operations.prepared.length);
    return done;
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const a = await RawClient.acknowledged(wsUrl);
  received = 0;
  const filling = `# ${'x'.repeat(1_000)}`;
  for (let i = 0; i < MANY; i++) a.subscribe(String(i), `query Busy${i} { n } ${filling}`);
  await vi.waitFor(() => expect(operations.prepared).toHaveLength(MANY), WAIT);
  // 64 KiB that wait, and at most as much again from the read that reached the bound.
  expect(mostWaiting).toBeLessThan(150);
});

function post(query: string, operationName: string): string {
  const body = JSON.stringify({ query, operationName });
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: application/json`;
  return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** A connection that pipelines. `answers` counts what it got. */
async function pipelining(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const got = { answers: 0, text: '' };
  socket.setEncoding('latin1').on('data', (text: string) => {
    got.text += text;
    got.answers = got.text.split('HTTP/1.1 200').length - 1;
  });
  return { socket, got };
}

it('S4 answers the request of one HTTP connection before most of what another has pipelined', async () => {
  const { operations, server } = await serveSlow();
  const [a, b] = [await pipelining(server.url), await pipelining(server.url)];
  const names = Array.from({ length: 1_000 }, (_, i) => `Busy${i}`);
  a.socket.write(names.map((name) => post(`query ${name} { n }`, name)).join(''));
  b.socket.write(post('query Other { n }', 'Other'));
  await vi.waitFor(() => expect(b.got.answers).toBe(1), WAIT);
  expect(operations.prepared.indexOf('Other')).toBeLessThan(FEW);
  await vi.waitFor(() => expect(a.got.answers).toBe(names.length), WAIT);
  expect(operations.prepared.filter((name) => name !== 'Other')).toEqual(names);
});

it('C4 S4 does not read an HTTP connection further while a hundred of its requests wait', async () => {
  let received = 0;
  const inTurns = RequestTurns.prototype.inTurns;
  vi.spyOn(RequestTurns.prototype, 'inTurns').mockImplementation(function (this: RequestTurns, handle) {
    const receive = inTurns.call(this, handle);
    return (request, response) => {
      if (request.method === 'POST') received += 1;
      receive(request, response);
    };
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const { operations, server } = await serveSlow();
  let open: () => void = () => undefined;
  operations.gate = new Promise((resolve) => {
    open = resolve;
  });
  const [a, b] = [await pipelining(server.url), await pipelining(server.url)];
  const filling = `# ${'x'.repeat(1_000)}`;
  const all = Array.from({ length: MANY }, (_, i) => post(`query A${i} { n } ${filling}`, `A${i}`));
  a.socket.write(all.join(''));
  await vi.waitFor(() => expect(received).toBeGreaterThanOrEqual(100), WAIT);
  // Meanwhile others are served: a refusal needs no gate.
  for (let i = 1; i <= 20; i++) {
    b.socket.write(`GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n`);
    await vi.waitFor(() => expect(b.got.text.split('HTTP/1.1 404').length - 1).toBe(i), WAIT);
  }
  // A hundred, and what came with the read of the hundredth.
  expect(received).toBeLessThan(200);
  open();
  await vi.waitFor(() => expect(a.got.answers).toBe(MANY), WAIT);
});
