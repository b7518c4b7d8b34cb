import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openLogger } from '../../../src/observe/log.js';
import { Metrics } from '../../../src/observe/metrics.js';
import { SecurityLog } from '../../../src/observe/security-log.js';
import type { AccessRules } from '../../../src/transport/http/access.js';
import { RawClient, type Served, serve } from '../serve.js';

const OWN: AccessRules = {
  origins: ['https://shop.example', 'http://LOCALHOST:5173'],
  hosts: ['gateway.example'],
};
const ROUTES = {
  '/metrics': (_: unknown, response: { end(text: string): unknown }) => void response.end('m'),
};

async function open(access: AccessRules = OWN) {
  const metrics = new Metrics();
  const served = await serve({
    access,
    metrics,
    securityLog: new SecurityLog(openLogger('silent'), metrics),
    routes: ROUTES,
  });
  const refusals = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await metrics.refused.get()).values.map(({ labels, value }) => [labels.reason, value]),
    );
  return { ...served, refusals };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** `fetch` sets `Host` and `Origin` itself. */
function ask(
  { server }: Served,
  headers: Record<string, string>,
  path = '/graphql',
  method = 'POST',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port: server.port, host: '127.0.0.1', path, method };
    const type = method === 'POST' ? { 'content-type': 'application/json' } : {};
    const request = httpRequest({ ...options, headers: { ...type, ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(method === 'POST' ? '{"query":"mutation { x }"}' : undefined);
  });
}

describe('Origin', () => {
  it.each([
    'https://elsewhere.example',
    'https://shop.example.elsewhere.example',
    'http://shop.example',
    'https://shop.example:8443',
    'http://localhost:5174',
    'http://127.0.0.1:1',
    'null',
    'nonsense',
  ])('S4 refuses requests and WebSockets of pages of %s, and runs nothing', async (origin) => {
    const served = await open();
    for (const answer of [
      await ask(served, { origin }),
      await ask(served, { origin, accept: 'text/event-stream' }),
      await ask(served, { origin }, '/graphql?query={x}', 'GET'),
      await ask(served, { origin }, '/metrics', 'GET'),
      await ask(served, { origin, 'access-control-request-method': 'POST' }, '/graphql', 'OPTIONS'),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('"code":"FORBIDDEN","retry":false');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    const socket = new RawClient(served.wsUrl, undefined, { origin });
    await expect(socket.closed).rejects.toThrow('403');
    expect(served.operations.ran).toEqual([]);
    expect(await served.refusals()).toEqual({ origin: 6 });
  });

  it('serves pages of its own origin, by whatever name and scheme they were reached', async () => {
    const served = await open({ origins: [], hosts: undefined });
    for (const [origin, host] of [
      [`http://127.0.0.1:${served.server.port}`, `127.0.0.1:${served.server.port}`],
      ['https://gateway.example', 'gateway.example'],
      ['https://gateway.example', 'Gateway.example:443'],
      ['http://[::1]:4000', '[::1]:4000'],
    ]) {
      expect(await ask(served, { origin: origin ?? '', host: host ?? '' })).toMatchObject({ status: 200 });
    }
    const client = new RawClient(served.wsUrl, undefined, {
      origin: served.server.url.replace('/graphql', ''),
    });
    await new Promise((resolve, reject) => client.socket.once('open', resolve).once('error', reject));
  });

  it('S1 `*` leaves out the paths of operators: a page of another origin needs to be named there', async () => {
    const operators = '/graphql';
    const openTo = (origins: readonly string[]) => open({ origins, hosts: undefined, operators });
    const [all, named] = [await openTo(['*']), await openTo(['*', 'https://tools.example'])];
    const origin = 'https://elsewhere.example';
    for (const served of [all, named]) {
      for (const path of ['/graphql', '/graphql?x', `http://127.0.0.1:${served.server.port}/graphql/`])
        expect(await ask(served, { origin }, path)).toMatchObject({ status: 403 });
      await expect(new RawClient(served.wsUrl, undefined, { origin }).closed).rejects.toThrow('403');
      expect(served.operations.ran).toEqual([]);
      expect(await ask(served, { origin }, '/metrics', 'GET')).toMatchObject({ status: 200 });
    }
    expect(await ask(named, { origin: 'https://tools.example' })).toMatchObject({ status: 200 });
  });

  it('serves programs, which send no origin', async () => {
    const served = await open();
    expect(await ask(served, {})).toMatchObject({
      status: 200,
      headers: expect.not.objectContaining({ vary: 'origin' }),
    });
    await RawClient.acknowledged(served.wsUrl);
  });

  it.each(['https://shop.example', 'http://localhost:5173'])(
    'lets pages of the allowed origin %s ask first, and read answers and errors',
    async (origin) => {
      const served = await open();
      const preflight = await ask(
        served,
        {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,authorization',
        },
        '/graphql',
        'OPTIONS',
      );
      expect(preflight).toMatchObject({
        status: 204,
        headers: {
          'access-control-allow-origin': origin,
          'access-control-allow-methods': 'GET, POST, PUT, DELETE',
          'access-control-allow-headers': 'content-type,authorization',
          'access-control-allow-credentials': 'true',
          vary: 'origin',
        },
      });
      const readable = { 'access-control-allow-origin': origin, vary: 'origin' };
      expect(await ask(served, { origin })).toMatchObject({ status: 200, headers: readable });
      expect(await ask(served, { origin, authorization: 'bad' })).toMatchObject({
        status: 401,
        headers: readable,
      });
      const query = '/graphql?query={x}';
      const events = await ask(served, { origin, accept: 'text/event-stream' }, query, 'GET');
      expect(events).toMatchObject({ status: 200, headers: readable });
      const client = new RawClient(served.wsUrl, undefined, { origin });
      await new Promise((resolve, reject) => client.socket.once('open', resolve).once('error', reject));
    },
  );

  it('lets pages of any origin in with *, without cookies', async () => {
    const served = await open({ origins: ['*'], hosts: undefined });
    const { status, headers } = await ask(served, { origin: 'https://elsewhere.example' });
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe('https://elsewhere.example');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });
});

describe('Host', () => {
  it.each([
    'elsewhere.example',
    'elsewhere.example:4000',
    'localhost.elsewhere.example',
    'gateway.example.',
    'a b',
  ])('S4 refuses or serves the host %s by its name alone', async (host) => {
    const served = await open();
    const allowed = host === 'gateway.example.';
    // A rebound page is of the same origin as the gateway.
    const answer = await ask(served, { host, ...(allowed ? {} : { origin: `http://${host}` }) });
    expect(answer.status).toBe(allowed ? 200 : 403);
    if (allowed) return;
    const socket = new RawClient(served.wsUrl, undefined, { headers: { host } });
    await expect(socket.closed).rejects.toThrow('403');
    expect(served.operations.ran).toEqual([]);
    expect(await served.refusals()).toEqual({ host: 2 });
  });

  it.each([
    '127.0.0.1:4000',
    'localhost',
    'LocalHost:9',
    'app.localhost',
    '[::1]:4000',
    '10.0.0.7',
    'gateway.example:443',
  ])('serves the host %s', async (host) => {
    expect((await ask(await open(), { host })).status).toBe(200);
  });
});
