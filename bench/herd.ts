import { connect, type Socket } from 'node:net';
import WebSocket from 'ws';
import { untilLive } from './metric.js';

/** One subscription, and the ids of the events that it is to bring, in their order. */
export interface Errand {
  readonly variables: Readonly<Record<string, string>>;
  readonly expected: readonly string[];
}

/** What a herd is told to do, in a process of its own, so that clients do not slow down what they measure. */
export type Order =
  /** As many connect as fast as they can, and take what they expect. */
  | {
      readonly do: 'reconnect';
      readonly urls: readonly string[];
      readonly query: string;
      readonly errands: readonly Errand[];
      readonly clients: number;
    }
  /** Stay and note how long after its `at` each event comes. */
  | {
      readonly do: 'watch';
      readonly url: string;
      readonly query: string;
      readonly variables: Readonly<Record<string, string>>;
      readonly clients: number;
    }
  /** Give what was noted since the last time. */
  | { readonly do: 'report' }
  /** Subscribe, and never read again. */
  | {
      readonly do: 'stick';
      readonly url: string;
      readonly query: string;
      readonly variables: Readonly<Record<string, string>>;
      readonly clients: number;
    };

export type Report =
  | { readonly done: 'reconnect'; readonly milliseconds: number; readonly events: number }
  | { readonly done: 'watch' }
  | { readonly done: 'report'; readonly latencies: readonly number[] }
  | { readonly done: 'stick' }
  | { readonly done: 'failed'; readonly error: string };

const PROTOCOL = 'graphql-transport-ws';
/** So many handshakes are under way at once: more only queue in the kernel. */
const AT_ONCE = 128;
const INIT_TIMEOUT = 4408;
/** Milliseconds within which each stuck client says once that it is there, in so many groups. */
const ANSWER_WITHIN = 4_000;
const ANSWERS = 100;
const NEXT = Buffer.from('{"id":"1","type":"next"');
const ID = Buffer.from('"extensions":{"event":{"id":"');
const AT = Buffer.from('"at":');

const latencies: number[] = [];

/** A client that does no more than it has to. Resolves once it is acknowledged and has subscribed. */
function subscribe(url: string, payload: string, next: (frame: Buffer) => void): Promise<void> {
  const socket = new WebSocket(url, PROTOCOL, { perMessageDeflate: false, skipUTF8Validation: true });
  return new Promise((resolve, reject) => {
    let acknowledged = false;
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('error', reject);
    socket.on('close', (code) => {
      // This process was too busy to introduce the client in time. It tries again, as clients do.
      if (code === INIT_TIMEOUT && !acknowledged) resolve(subscribe(url, payload, next));
      else fail(new Error(`The gateway closed a connection: ${code}`));
    });
    socket.on('message', (data: Buffer) => {
      if (acknowledged) {
        if (data.compare(NEXT, 0, NEXT.length, 0, NEXT.length) === 0) next(data);
        else fail(new Error(`A client was told ${data.toString()}`));
        return;
      }
      acknowledged = true;
      socket.send(`{"id":"1","type":"subscribe","payload":${payload}}`);
      resolve();
    });
  });
}

/** Does `work` for each number below `count`, a limited number of them at once. */
async function each(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
}

async function reconnect(order: Extract<Order, { do: 'reconnect' }>): Promise<Report> {
  const errands = order.errands.map(({ variables, expected }) => ({
    payload: JSON.stringify({ query: order.query, variables }),
    expected: expected.map((id) => Buffer.from(`${id}"`)),
  }));
  const urls = order.urls.map(socketUrl);
  const start = performance.now();
  let [events, left] = [0, order.clients];
  const all = new Promise<void>((resolve) => {
    const caughtUp = (): void => {
      left -= 1;
      if (left === 0) resolve();
    };
    void each(order.clients, async (i) => {
      const errand = errands[Math.floor(i / urls.length) % errands.length];
      const url = urls[i % urls.length];
      if (errand === undefined || url === undefined) throw new Error('A herd without errands or gateways');
      const { expected } = errand;
      let at = 0;
      await subscribe(url, errand.payload, (frame) => {
        // The ids, their order, and that none comes twice: the nth event is the nth that is due.
        const id = expected[at++];
        const start = frame.indexOf(ID) + ID.length;
        if (id === undefined || frame.compare(id, 0, id.length, start, start + id.length) !== 0) {
          fail(new Error(`Client ${i} got as number ${at} of ${expected.length}: ${frame.toString()}`));
        }
        events += 1;
        if (at === expected.length) caughtUp();
      });
      if (expected.length === 0) caughtUp();
    }).catch(fail);
  });
  await all;
  // Live is what the gateways say: there is nothing else that tells a client without events.
  if (events === 0) await untilLive(order.urls, order.clients);
  const milliseconds = performance.now() - start;
  // Whoever is live has nothing more to come: what came twice has come by then.
  await untilLive(order.urls, order.clients);
  return { done: 'reconnect', milliseconds, events };
}

async function watch({ url, query, variables, clients }: Extract<Order, { do: 'watch' }>): Promise<Report> {
  const payload = JSON.stringify({ query, variables });
  await each(clients, () =>
    subscribe(socketUrl(url), payload, (frame) => {
      const start = frame.indexOf(AT);
      if (start < 0) return;
      const sent = Number.parseFloat(frame.toString('latin1', start + AT.length, start + AT.length + 24));
      // Those that only fill what may wait for a client do not say when they were sent.
      if (sent > 0) latencies.push(performance.timeOrigin + performance.now() - sent);
    }),
  );
  return { done: 'watch' };
}

async function stick({ url, query, variables, clients }: Extract<Order, { do: 'stick' }>): Promise<Report> {
  const payload = JSON.stringify({ query, variables });
  const stuck: Socket[] = [];
  await each(clients, () => stickOne(new URL(url), payload, stuck));
  // Their systems still answer for them, each in its own time: it is the program that does not read.
  let turn = 0;
  setInterval(() => {
    turn += 1;
    for (let i = turn % ANSWERS; i < stuck.length; i += ANSWERS) {
      stuck[i]?.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
    }
  }, ANSWER_WITHIN / ANSWERS).unref();
  return { done: 'stick' };
}

/** A bare socket, so that nothing reads ahead: it shakes hands, subscribes, and that is the last it reads. */
function stickOne({ hostname, port }: URL, payload: string, stuck: Socket[]): Promise<void> {
  const socket = connect(Number(port), hostname);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => fail(new Error('The gateway closed a stuck connection')));
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${PROTOCOL}\r\n\r\n`,
    );
    let said = '';
    const heard = (chunk: Buffer): void => {
      said += chunk.toString('latin1');
      if (said.includes('\r\n\r\n') && !said.includes('init sent')) {
        said += 'init sent';
        socket.write(masked('{"type":"connection_init"}'));
      }
      if (!said.includes('connection_ack')) return;
      socket.off('data', heard);
      socket.pause();
      socket.write(masked(`{"id":"1","type":"subscribe","payload":${payload}}`));
      stuck.push(socket);
      resolve();
    };
    socket.on('data', heard);
  });
}

/** A client's text frame (RFC 6455, section 5.2), under a mask of zeros. */
function masked(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126
      ? Buffer.from([0x81, 0x80 | body.length])
      : Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), body]);
}

const socketUrl = (url: string): string => `${url.replace('http', 'ws')}/graphql`;

function report(): Report {
  return { done: 'report', latencies: latencies.splice(0) };
}

function fail(error: unknown): never {
  answer({ done: 'failed', error: error instanceof Error ? error.message : String(error) });
  process.disconnect();
  process.exit(1);
}

function answer(what: Report): void {
  process.send?.(what);
}

async function obey(order: Order): Promise<Report> {
  switch (order.do) {
    case 'reconnect':
      return reconnect(order);
    case 'watch':
      return watch(order);
    case 'stick':
      return stick(order);
    case 'report':
      return report();
  }
}

process.on('message', (order: Order) => void obey(order).then(answer, fail));
process.on('disconnect', () => {
  process.exit(0);
});
