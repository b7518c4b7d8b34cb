import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readConfig } from '../../src/node/config.js';
import { startNode } from '../../src/node/node.js';
import { openLogger } from '../../src/observe/log.js';
import type { Project } from '../../src/project/project.js';
import { bound } from '../binding/schema.js';
import { folderOf } from '../support/gateway-process.js';
import { RawClient, WAIT } from '../transport/serve.js';

const SCHEMA = `
  type Query { hello: String }
  type Mutation { say(text: String!): Published! @publish(topic: "said", type: "Said", key: "'k'") }
  type Subscription { said: Said! @subscribe(topic: "said") }
  type Said { text: String! }`;
const ROLES = { gateway: true, relay: true, services: 'all' } as const;

/** A whole gateway over the embedded log, stopped when the test ends. */
async function start(environment: Record<string, string> = {}, project: Project = {}) {
  const folder = await folderOf({});
  const logger = openLogger('silent');
  const warn = vi.spyOn(logger, 'warn');
  const config = readConfig({ PORT: '0', DATA_DIR: folder.path, ...environment });
  const bindings = bound(SCHEMA, { Query: { hello: () => 'hi' } });
  const options = { config, roles: ROLES, project, bindings, logger };
  const node = await startNode(options, new AbortController().signal);
  onTestFinished(async () => {
    await node[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  const url = node.url ?? '';
  const get = (path: string, headers = {}) => fetch(`${url}${path}`, { headers });
  const query = (text: string, headers = {}) => get(`/graphql?query=${encodeURIComponent(text)}`, headers);
  return { url, node, warn, get, query, wsUrl: `${url.replace('http', 'ws')}/graphql` };
}

/** An issuer of keys that answers 503 until told otherwise. */
async function brokenIssuer() {
  const state = { broken: true };
  const server = createServer((_, response) => {
    response.writeHead(state.broken ? 503 : 200, { connection: 'close' }).end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` };
}

const token = (roles: readonly string[] = []) =>
  new SignJWT({ sub: 'ann', roles })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode('s'.repeat(32)));

describe('the health of a gateway', () => {
  it('/readyz says in JSON that everything is there, and /healthz that the process lives', async () => {
    const { get } = await start();
    const ready = await get('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      ready: true,
      missing: [],
      checks: { log: 'ok', fanout: 'ok', store: 'ok', access: 'ok' },
    });
    expect(await (await get('/healthz')).text()).toBe('ok\n');
  });

  it('/readyz names the key set while it cannot be fetched; callers retry, and it is logged once', async () => {
    const issuer = await brokenIssuer();
    const { get, query, wsUrl, warn, node } = await start({ JWT_JWKS_URL: issuer.url });
    // Signed by nobody, but only the key set could tell.
    const parts = ['{"alg":"ES256","kid":"1"}', '{"sub":"ann"}', 'x'].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    const authorization = `Bearer ${parts.join('.')}`;
    for (let n = 0; n < 3; n++) {
      const refused = await query('{ hello }', { authorization });
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await refused.json()).toMatchObject({
        errors: [{ extensions: { code: 'AUTH_UNAVAILABLE', retry: true } }],
      });
    }
    const client = await RawClient.open(wsUrl);
    client.send({ type: 'connection_init', payload: { authorization } });
    expect(await client.closed).toMatchObject({ code: 1013 });
    expect(
      warn.mock.calls.filter(([, message]) => String(message).startsWith('credentials cannot be')),
    ).toHaveLength(1);
    const problems = (await node.metrics.problems.get()).values;
    expect(problems).toContainEqual({ labels: { kind: 'authenticate' }, value: 4 });
    expect(await (await get('/readyz')).json()).toMatchObject({ ready: false, missing: ['credentials'] });
    issuer.state.broken = false;
    await vi.waitFor(async () => expect((await get('/readyz')).status).toBe(200), WAIT);
    expect((await query('{ hello }', { authorization })).status).toBe(401);
  });

  it("asks callers to retry when the project's `authenticate` fails, on every transport", async () => {
    const { query, wsUrl, warn } = await start({}, { authenticate: () => Promise.reject(new Error('db')) });
    expect((await query('{ hello }')).status).toBe(503);
    const client = await RawClient.open(wsUrl);
    client.send({ type: 'connection_init' });
    expect(await client.closed).toMatchObject({ code: 1013 });
    expect(warn).toHaveBeenCalledOnce();
  });

  it("S4 asks callers to retry when the project's `authenticate` hangs, on every transport", async () => {
    const { query, wsUrl, warn } = await start({}, { authenticate: () => new Promise(() => undefined) });
    const client = await RawClient.open(wsUrl);
    client.send({ type: 'connection_init' });
    const [answer, stream] = await Promise.all([
      query('{ hello }'),
      query('subscription { said { text } }', { accept: 'text/event-stream' }),
    ]);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'AUTH_UNAVAILABLE' } }] });
    // A browser's EventSource gives up after another status than 200.
    expect(await stream.text()).toContain('"code":"AUTH_UNAVAILABLE","retry":true');
    expect(await client.closed).toMatchObject({ code: 1013 });
    expect(warn).toHaveBeenCalledOnce();
  }, 15_000);
});

describe('who may use a gateway', () => {
  it('S1 AUTH_REQUIRED refuses callers without credentials, on every transport', async () => {
    const environment = { AUTH_REQUIRED: 'true', JWT_SECRET: 's'.repeat(32) };
    const { query, wsUrl, node } = await start(environment);
    expect((await query('{ hello }')).status).toBe(401);
    expect((await query('subscription { said { text } }', { accept: 'text/event-stream' })).status).toBe(401);
    const client = await RawClient.open(wsUrl);
    client.send({ type: 'connection_init' });
    expect(await client.closed).toMatchObject({ code: 4403 });
    const values = (await node.metrics.refused.get()).values;
    expect(values).toEqual([{ labels: { reason: 'anonymous' }, value: 3 }]);
    const authorization = `Bearer ${await token()}`;
    expect(await (await query('{ hello }', { authorization })).json()).toEqual({ data: { hello: 'hi' } });
    await RawClient.acknowledged(wsUrl, { authorization });
  });

  it('S1 with NODE_ENV=production serves no console, unless told to, and then to its role alone', async () => {
    const ask = `/console/graphql?query=${encodeURIComponent('{ gateway { version } }')}`;
    const production = { NODE_ENV: 'production', JWT_SECRET: 's'.repeat(32) };
    const closed = await start(production);
    expect([(await closed.get('/console')).status, (await closed.get(ask)).status]).toEqual([404, 404]);
    const { get } = await start({ ...production, CONSOLE: 'true', CONSOLE_ROLE: 'operator' });
    expect(await (await get(ask)).json()).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(await (await get(ask, { authorization: `Bearer ${await token()}` })).json()).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    const authorization = `Bearer ${await token(['operator'])}`;
    expect(await (await get(ask, { authorization })).json()).toHaveProperty('data.gateway.version');
  });

  it.each([
    ['AUTH_REQUIRED', 'true'],
    ['CONSOLE_ROLE', 'operator'],
  ])('does not start with %s when nothing verifies credentials', async (name, value) => {
    await expect(start({ [name]: value })).rejects.toThrow('nothing verifies credentials');
  });

  it('refuses a foreign host and a foreign origin, unless they are allowed', async () => {
    const foreign = { origin: 'https://shop.example' };
    const { query } = await start();
    expect((await query('{ hello }', foreign)).status).toBe(403);
    const open = await start({ ALLOWED_ORIGINS: 'https://shop.example' });
    expect((await open.query('{ hello }', foreign)).status).toBe(200);
  });

  it('with NODE_ENV=production shows neither GraphiQL, the schema, its names nor metrics, unless told to', async () => {
    const closed = await start({ NODE_ENV: 'production' });
    const seen = async ({ get, query }: typeof closed) => ({
      page: (await (await get('/graphql', { accept: 'text/html' })).text()).includes('<html'),
      schema: (await (await query('{ __schema { queryType { name } } }')).text()).includes('"data"'),
      names: (await (await query('{ hallo }')).text()).includes('Did you mean'),
      metrics: (await get('/metrics')).status,
      asyncApi: (await get('/asyncapi.json')).status,
    });
    const nothing = { page: false, schema: false, names: false, metrics: 404, asyncApi: 404 };
    expect(await seen(closed)).toEqual(nothing);
    expect(await (await closed.query('{ __typename }')).json()).toEqual({ data: { __typename: 'Query' } });
    const switches = { GRAPHIQL: 'on', INTROSPECTION: 'true', SUGGESTIONS: 'true', METRICS: 'on' };
    const opened = { page: true, schema: true, names: true, metrics: 200, asyncApi: 200 };
    expect(await seen(await start({ NODE_ENV: 'production', ...switches }))).toEqual(opened);
    expect(await seen(await start())).toEqual(opened);
  });

  it('ADMIN_PORT serves metrics and health on a port of their own, and nothing else', async () => {
    const { get, node } = await start({ METRICS: 'off', ADMIN_PORT: '0' });
    expect((await get('/metrics')).status).toBe(404);
    const metrics = node.lines.find((line) => line.startsWith('admin '))?.replace(/^admin +/, '') ?? '';
    const side = (path: string) => fetch(new URL(path, metrics));
    const scraped = await (await side('/metrics')).text();
    expect(scraped).toContain('millrace_published_events_total');
    expect(scraped).toContain('millrace_ready{check="log"} 1');
    expect(scraped).toContain('millrace_connections{transport="websocket"} 0');
    expect((await side('/readyz')).status).toBe(200);
    expect((await side('/healthz')).status).toBe(200);
    expect((await side('/graphql')).status).toBe(404);
  });
});
