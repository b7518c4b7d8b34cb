import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { playgroundPage } from '../../../src/transport/http/playground-page.js';
import { serve } from '../serve.js';

/** Before its build, which keeps the place of the settings. */
const SOURCE = fileURLToPath(new URL('../../../clients/web/playground.html', import.meta.url));

const EXAMPLES = [
  { title: 'Follow an order', query: 'subscription { n }', variables: { orderId: 'o1' } },
  { title: '</script><script>alert(1)</script>', query: '{ x }', headers: { Authorization: '$& $1' } },
];

const opened = async () => {
  const settings = { examples: EXAMPLES, transports: ['websocket', 'sse'], console: true } as const;
  const { server } = await serve({ page: await playgroundPage(SOURCE, settings) });
  const answer = await fetch(server.url, { headers: { accept: 'text/html' } });
  return { settings, server, answer, html: await answer.text() };
};

describe('the page of GraphiQL', () => {
  it('has its examples, transports and whether there is a console in JSON, whatever the examples contain', async () => {
    const { settings, html } = await opened();
    const [, json] = /<script type="application\/json" id="settings">(.*?)<\/script>/s.exec(html) ?? [];
    expect(JSON.parse(json ?? '')).toEqual(settings);
    expect(html.match(/<script/g)).toHaveLength(2);
  });

  it('is served with a policy that lets only scripts of its own origin run', async () => {
    const { answer } = await opened();
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; /);
    expect(policy).toContain("connect-src 'self'; worker-src 'self'; ");
    expect(policy).toContain("base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|https?:|\*/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
  });

  it('is for browsers alone, and at its path alone', async () => {
    const { server } = await opened();
    const asked = await fetch(`${server.url}?query={x}`, { headers: { accept: 'application/json' } });
    expect(await asked.json()).toHaveProperty('data');
    expect((await fetch(`${server.url}/more`, { headers: { accept: 'text/html' } })).status).toBe(404);
    const without = await serve();
    const page = await fetch(without.server.url, { headers: { accept: 'text/html' } });
    expect(await page.text()).not.toContain('<html');
  });
});
