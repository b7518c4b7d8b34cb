import { connect, type Socket } from 'node:net';
import WebSocket from 'ws';
import { untilLive } from './metric.js';

/** A subscription that resumes, and the ids of the events that must follow, in order. */
export interface Resumption {
  readonly variables: Readonly<Record<string, string>>;
  readonly expected: readonly string[];
}

/** A command to the process of the herd. Clients run in a process of their own, so they do not slow down what is measured. */
export type HerdCommand =
  /** All clients connect as fast as they can, and wait for the events that they expect. */
  | {
      readonly do: 'reconnect';
      readonly urls: readonly string[];
      readonly query: string;
      readonly resumptions: readonly Resumption[];
      readonly clients: number;
    }
  /** Clients stay and record the latency of each event since its `at`. */
  | {
      readonly do: 'watch';
      readonly url: string;
      readonly query: string;
      readonly variables: Readonly<Record<string, string>>;
      readonly clients: number;
    }
  /** Returns the latencies since the last report. */
  | { readonly do: 'report' }
  /** Clients subscribe, and never read again. */
  | {
      readonly do: 'stick';
      readonly url: string;
      readonly query: string;
      readonly variables: Readonly<Record<string, string>>;
      readonly clients: number;
    };

export type HerdReply =
  | { readonly done: 'reconnect'; readonly milliseconds: number; readonly events: number }
  | { readonly done: 'watch' }
  | { readonly done: 'report'; readonly latencies: readonly number[] }
  | { readonly done: 'stick' }
  | { readonly done: 'failed'; readonly error: string };

const PROTOCOL = 'graphql-transport-ws';
/** Concurrent handshakes: more would only queue in the kernel. */
const MAX_HANDSHAKES = 128;
const CLOSE_INIT_TIMEOUT = 4408;
/** Each stuck client sends a pong once in this time. The clients take turns in PONG_GROUPS groups. */
const PONG_INTERVAL_MS = 4_000;
const PONG_GROUPS = 100;
const NEXT = Buffer.from('{"id":"1","type":"next"');
const ID = Buffer.from('"extensions":{"event":{"id":"');
const AT = Buffer.from('"at":');

const latencies: number[] = [];

/** A minimal client. Resolves once it is acknowledged and has subscribed. */
function subscribe(url: string, payload: string, next: (frame: Buffer) => void): Promise<void> {
  const socket = new WebSocket(url, PROTOCOL, { perMessageDeflate: false, skipUTF8Validation: true });
  return new Promise((resolve, reject) => {
    let acknowledged = false;
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('error', reject);
    socket.on('close', (code) => {
      // This process was too busy to send `connection_init` in time. Retries, as clients do.
      if (code === CLOSE_INIT_TIMEOUT && !acknowledged) resolve(subscribe(url, payload, next));
      else fail(new Error(`The gateway closed a connection: ${code}`));
    });
    socket.on('message', (data: Buffer) => {
      if (acknowledged) {
        if (data.compare(NEXT, 0, NEXT.length, 0, NEXT.length) === 0) next(data);
        else fail(new Error(`Unexpected message: ${data.toString()}`));
        return;
      }
      acknowledged = true;
      socket.send(`{"id":"1","type":"subscribe","payload":${payload}}`);
      resolve();
    });
  });
}

/** Runs `work` for each number below `count`, with limited concurrency. */
async function each(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(MAX_HANDSHAKES, count) }, worker));
}

async function reconnect(command: Extract<HerdCommand, { do: 'reconnect' }>): Promise<HerdReply> {
  const resumptions = command.resumptions.map(({ variables, expected }) => ({
    payload: JSON.stringify({ query: command.query, variables, extensions: { eventContext: true } }),
    expected: expected.map((id) => Buffer.from(`${id}"`)),
  }));
  const urls = command.urls.map(socketUrl);
  const start = performance.now();
  let [events, left] = [0, command.clients];
  const all = new Promise<void>((resolve) => {
    const caughtUp = (): void => {
      left -= 1;
      if (left === 0) resolve();
    };
    void each(command.clients, async (i) => {
      const resumption = resumptions[Math.floor(i / urls.length) % resumptions.length];
      const url = urls[i % urls.length];
      if (resumption === undefined || url === undefined)
        throw new Error('The command has no resumptions or no gateways');
      const { expected } = resumption;
      let at = 0;
      await subscribe(url, resumption.payload, (frame) => {
        // Checks ids, order and duplicates: the nth event must be the nth expected one.
        const id = expected[at++];
        const start = frame.indexOf(ID) + ID.length;
        if (id === undefined || frame.compare(id, 0, id.length, start, start + id.length) !== 0) {
          fail(new Error(`Client ${i} received as event ${at} of ${expected.length}: ${frame.toString()}`));
        }
        events += 1;
        if (at === expected.length) caughtUp();
      });
      if (expected.length === 0) caughtUp();
    }).catch(fail);
  });
  await all;
  // Clients without events are done when the gateways report them live.
  if (events === 0) await untilLive(command.urls, command.clients);
  const milliseconds = performance.now() - start;
  // Once all clients are live, no further event is due, so any duplicate has arrived.
  await untilLive(command.urls, command.clients);
  return { done: 'reconnect', milliseconds, events };
}

async function watch({
  url,
  query,
  variables,
  clients,
}: Extract<HerdCommand, { do: 'watch' }>): Promise<HerdReply> {
  const payload = JSON.stringify({ query, variables });
  await each(clients, () =>
    subscribe(socketUrl(url), payload, (frame) => {
      const start = frame.indexOf(AT);
      if (start < 0) return;
      const sent = Number.parseFloat(frame.toString('latin1', start + AT.length, start + AT.length + 24));
      // Events that only fill the buffers have no time of sending.
      if (sent > 0) latencies.push(performance.timeOrigin + performance.now() - sent);
    }),
  );
  return { done: 'watch' };
}

async function stick({
  url,
  query,
  variables,
  clients,
}: Extract<HerdCommand, { do: 'stick' }>): Promise<HerdReply> {
  const payload = JSON.stringify({ query, variables });
  const stuck: Socket[] = [];
  await each(clients, () => stickOne(new URL(url), payload, stuck));
  // The program does not read, but pings are still answered, so the gateway does not drop the clients.
  let turn = 0;
  setInterval(() => {
    turn += 1;
    for (let i = turn % PONG_GROUPS; i < stuck.length; i += PONG_GROUPS) {
      stuck[i]?.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
    }
  }, PONG_INTERVAL_MS / PONG_GROUPS).unref();
  return { done: 'stick' };
}

/** A bare socket, so that nothing reads ahead. It reads the handshake, subscribes, and then never reads again. */
function stickOne({ hostname, port }: URL, payload: string, stuck: Socket[]): Promise<void> {
  const socket = connect(Number(port), hostname);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => fail(new Error('The gateway closed a stuck connection')));
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${PROTOCOL}\r\n\r\n`,
    );
    let received = '';
    const onData = (chunk: Buffer): void => {
      received += chunk.toString('latin1');
      if (received.includes('\r\n\r\n') && !received.includes('init sent')) {
        received += 'init sent';
        socket.write(masked('{"type":"connection_init"}'));
      }
      if (!received.includes('connection_ack')) return;
      socket.off('data', onData);
      socket.pause();
      socket.write(masked(`{"id":"1","type":"subscribe","payload":${payload}}`));
      stuck.push(socket);
      resolve();
    };
    socket.on('data', onData);
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

function report(): HerdReply {
  return { done: 'report', latencies: latencies.splice(0) };
}

function fail(error: unknown): never {
  reply({ done: 'failed', error: error instanceof Error ? error.message : String(error) });
  process.disconnect();
  process.exit(1);
}

function reply(what: HerdReply): void {
  process.send?.(what);
}

async function run(command: HerdCommand): Promise<HerdReply> {
  switch (command.do) {
    case 'reconnect':
      return reconnect(command);
    case 'watch':
      return watch(command);
    case 'stick':
      return stick(command);
    case 'report':
      return report();
  }
}

process.on('message', (command: HerdCommand) => void run(command).then(reply, fail));
process.on('disconnect', () => {
  process.exit(0);
});
