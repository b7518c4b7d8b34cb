import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { overWebSocket, type Subscriber } from '../support/subscriber.js';

const SCHEMA = `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "said", type: "Said", key: "args.room") }
  type Subscription {
    said(room: ID!): Said! @subscribe(topic: "said", key: "args.room")
    like(words: [String!]!): Said!
      @subscribe(topic: "said", filter: "args.words.exists(w, event.text.contains(w))")
  }
  type Said { room: ID! text: String! }
`;
const LIMITS = { MAX_OPERATIONS: '500', MAX_SUBSCRIPTION_CHARS: '20000', MAX_BODY_BYTES: '262144' };
const TIMEOUT = 180_000;

let folder: Awaited<ReturnType<typeof folderOf>>;
let node: GatewayProcess;
let bystander: Bystander;

beforeAll(async () => {
  folder = await folderOf({ 'schema/a.graphql': SCHEMA });
  node = await startProcess(['start'], { cwd: folder.path, env: LIMITS });
  bystander = await Bystander.connected(node.url);
}, TIMEOUT);
afterAll(async () => {
  await bystander?.close();
  await node?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** Another client: it publishes an event and waits until its subscription shows it, over and over. */
class Bystander {
  readonly #awaited = new Map<string, () => void>();
  readonly #url: string;
  readonly #subscriber: Subscriber;
  ended = false;
  #published = 0;

  private constructor(url: string) {
    this.#url = url;
    const take = (frame: unknown): void => {
      const text = (frame as { data: { said: { text: string } } }).data.said.text;
      this.#awaited.get(text)?.();
    };
    const query = 'subscription { said(room: "other") { text } }';
    this.#subscriber = overWebSocket({ url, query, variables: {}, take });
    void this.#subscriber.ended.then(() => {
      this.ended = true;
    });
  }

  static async connected(url: string): Promise<Bystander> {
    const bystander = new Bystander(url);
    // Events published before the subscription has started are not shown.
    while ((await bystander.round(1_000)) === undefined);
    return bystander;
  }

  /** @returns the milliseconds until its own event was shown; `undefined`: not within `patienceMs` */
  async round(patienceMs = 30_000): Promise<number | undefined> {
    const text = `no. ${this.#published++}`;
    const began = performance.now();
    const shown = new Promise<number>((resolve) => {
      this.#awaited.set(text, () => resolve(performance.now() - began));
    });
    const query = `mutation { say(room: "other", text: "${text}") { offset } }`;
    const response = await fetch(`${this.#url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await response.json()).toMatchObject({ data: { say: {} } });
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs, undefined));
    return Promise.race([shown, late]);
  }

  /** Repeats rounds until `done`, at least 20. @returns the milliseconds of each */
  async rounds(done: Promise<unknown> = Promise.resolve()): Promise<number[]> {
    let over = false;
    void done.finally(() => {
      over = true;
    });
    const times: number[] = [];
    while (!over || times.length < 20) {
      const time = await this.round();
      expect(time).toBeDefined();
      times.push(time ?? Number.POSITIVE_INFINITY);
    }
    return times;
  }

  close(): Promise<void> {
    return this.#subscriber.close();
  }
}

/** Runs `attack` beside the bystander, which must lose nothing and whose median round must stay fast. */
async function besideBystander<T>(what: string, attack: () => Promise<T>): Promise<T> {
  const quiet = median(await bystander.rounds());
  const attacking = attack();
  const meanwhile = await bystander.rounds(attacking);
  const result = await attacking;
  const disturbed = median(meanwhile);
  process.stdout.write(
    `${what}: a bystander's round takes ${disturbed.toFixed(1)} ms, ${quiet.toFixed(1)} ms before (${(disturbed / quiet).toFixed(1)} x)\n`,
  );
  expect(bystander.ended).toBe(false);
  expect(disturbed).toBeLessThan(Math.max(20 * quiet, 500));
  return result;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: readonly { readonly extensions: { readonly code: string } }[];
}

/** A client that sends whatever a test makes it send. */
class Attacker {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, 'close').then(([code]) => Number(code));
    socket.on('error', () => undefined); // The close code says why.
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data))));
  }

  static async connected(): Promise<Attacker> {
    const socket = new WebSocket(`${node.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const attacker = new Attacker(socket);
    attacker.send({ type: 'connection_init' });
    await expect.poll(() => attacker.messages[0]?.type).toBe('connection_ack');
    return attacker;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  /** The codes of the errors so far, by operation. */
  errorCodes(): string[] {
    return this.messages.flatMap(({ type, payload }) =>
      type === 'error' ? [payload?.[0]?.extensions.code ?? 'none'] : [],
    );
  }
}

const LIKE = 'subscription($words: [String!]!) { like(words: $words) { text } }';

describe('bad input gets a typed error, and other clients do not notice', { timeout: TIMEOUT }, () => {
  it('S4 a client with 10,000 distinct subscriptions gets MAX_OPERATIONS of them, and LIMIT_EXCEEDED for the rest', async () => {
    const attacker = await Attacker.connected();
    await besideBystander('10,000 distinct subscriptions', async () => {
      for (let i = 0; i < 10_000; i++) {
        attacker.subscribe(`s-${i}`, 'subscription($room: ID!) { said(room: $room) { text } }', {
          room: `room-${i}`,
        });
        if (i % 100 === 0) await new Promise(setImmediate);
      }
      await expect.poll(() => attacker.errorCodes().length, { timeout: TIMEOUT }).toBe(9_500);
    });
    expect(new Set(attacker.errorCodes())).toEqual(new Set(['LIMIT_EXCEEDED']));
    attacker.socket.close();
    await attacker.closed;
  });

  it('S4 filters at the size limit are evaluated without delaying other clients, and larger ones are refused', async () => {
    const attacker = await Attacker.connected();
    await besideBystander('200 costly filters', async () => {
      // Each event is compared with 200 × 3,000 words.
      const words = Array.from({ length: 3_000 }, (_, i) => `w${i}`);
      for (let i = 0; i < 200; i++) attacker.subscribe(`ok-${i}`, LIKE, { words: [...words, `own-${i}`] });
      const tooMany = Array.from({ length: 30_000 }, (_, i) => `w${i}`);
      attacker.subscribe('costly', LIKE, { words: tooMany });
      await expect.poll(() => attacker.errorCodes(), { timeout: TIMEOUT }).toContain('LIMIT_EXCEEDED');
    });
    attacker.socket.close();
    await attacker.closed;
  });

  it('S4 variables of a megabyte are refused over WebSocket (1009) and HTTP (413)', async () => {
    const text = 'x'.repeat(1_048_576);
    const codes = await besideBystander('variables of a megabyte', async () => {
      const found: unknown[] = [];
      for (let i = 0; i < 20; i++) {
        const attacker = await Attacker.connected();
        attacker.subscribe('large', LIKE, { words: [text] });
        found.push(await attacker.closed);
        const response = await fetch(`${node.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: '{ ok }', variables: { text } }),
        });
        found.push(response.status);
      }
      return found;
    });
    // 1009: message too big (RFC 6455 section 7.4.1).
    expect(new Set(codes)).toEqual(new Set([1009, 413]));
  });
});
