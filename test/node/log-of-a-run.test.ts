import { SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { topic } from '../../src/core/ids.js';
import { readConfig } from '../../src/node/config.js';
import { startNode } from '../../src/node/node.js';
import { openLogger } from '../../src/observe/log.js';
import { bound } from '../binding/schema.js';
import { folderOf } from '../support/gateway-process.js';
import { RawClient } from '../transport/serve.js';

const SECRET = 'hunter2';
const KEY = 'the-key-that-signs-tokens-0123456789';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SCHEMA = `
  type Query { fails: String }
  type Mutation { say(text: String!): Published! @publish(topic: "said", type: "Said", key: "'k'") }
  type Subscription { said: Said! @subscribe(topic: "said", filter: "int(event.text) > 0") }
  type Said { text: String! }`;
const Line = z.looseObject({ msg: z.string() });

/** Records that are not events, in the log before the gateway starts. */
async function appendPoison(dir: string): Promise<void> {
  await using store = openEmbeddedStore({ dir });
  await using log = openEmbeddedLog(store);
  const said = topic('said');
  const signal = AbortSignal.timeout(10_000);
  await log.ensureTopics([{ topic: said, partitions: 1, replicas: 1, config: {} }], { create: true }, signal);
  const headers = {
    ce_specversion: '1.0',
    ce_id: 'p',
    ce_source: '/x',
    ce_type: 'Said',
    authorization: SECRET,
  };
  const values = [SECRET, `{"text": ${SECRET}`, `["${SECRET}"]`].map((text) => Buffer.from(text));
  await log.append(
    values.map((value) => ({ topic: said, key: 'k', headers, value })),
    signal,
  );
}

describe('the log of a run in which everything fails', () => {
  it('contains no payload, argument, header or token, and identifies each failed request and event by its ids', async () => {
    const folder = await folderOf({});
    await appendPoison(folder.path);
    const lines: string[] = [];
    const logger = openLogger('trace', { write: (line) => void lines.push(line) });
    const leaking = (): never => {
      const request = { headers: { authorization: `Bearer ${SECRET}` }, body: { text: SECRET } };
      throw Object.assign(new Error('the upstream answered 500'), { request, command: { args: [SECRET] } });
    };
    const node = await startNode(
      {
        config: readConfig({ PORT: '0', DATA_DIR: folder.path, JWT_SECRET: KEY, SERVICE_MAX_ATTEMPTS: '1' }),
        roles: { gateway: true, relay: true, services: 'all' },
        project: { services: [{ name: 'leaking', topics: ['said'], handle: leaking }] },
        bindings: bound(SCHEMA, { Query: { fails: leaking } }),
        logger,
      },
      new AbortController().signal,
    );
    onTestFinished(async () => {
      await node[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    });
    const url = `${node.url}/graphql`;
    const token = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(KEY));
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
      'x-correlation-id': 'flow-1',
    };
    const post = (body: string, more = {}) =>
      fetch(url, { method: 'POST', headers: { ...headers, ...more }, body });
    const client = await RawClient.acknowledged(url.replace('http', 'ws'), {
      authorization: `Bearer ${token}`,
    });
    client.subscribe('1', 'subscription { said { text } }');
    await expect.poll(async () => (await node.metrics.live.get()).values[0]?.value).toBe(1);

    await post('{ "query": "{ fails }" }');
    await post(JSON.stringify({ query: `mutation { say(text: "${SECRET}") { eventId } }` }));
    await post(`{ "query": ${SECRET}`);
    await post(JSON.stringify({ query: `{ ${SECRET}(` }));
    await post('{}', { authorization: `Bearer ${token}${SECRET}` });
    await post('{}', { authorization: `Basic ${SECRET}` });
    const log = () => lines.map((line) => Line.parse(JSON.parse(line)));
    const lineWith = (text: string) => log().find(({ msg }) => msg.includes(text));
    const expected = [
      'a resolver failed',
      'a record is not a valid event',
      'a service failed on an input for good',
      'filtering or executing an event for a subscription failed',
      'a caller was refused',
    ];
    await expect
      .poll(() => expected.filter((text) => lineWith(text) === undefined), { timeout: 15_000 })
      .toEqual([]);

    const ids = { correlationId: 'flow-1', traceId: TRACE };
    expect(lineWith('a resolver failed')).toMatchObject(ids);
    expect(lineWith('filtering or executing')).toMatchObject({ ...ids, event: expect.any(String) });
    const handled = log().filter(({ msg }) => msg.startsWith('a service failed on an event'));
    expect(handled).toContainEqual(expect.objectContaining(ids));
    const all = lines.join('');
    for (const secret of [SECRET, KEY, token.split('.')[2] ?? token]) expect(all).not.toContain(secret);
  }, 40_000);
});
