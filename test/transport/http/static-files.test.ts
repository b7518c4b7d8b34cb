import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Metrics } from '../../../src/observe/metrics.js';
import { HtmlPage } from '../../../src/transport/http/html-page.js';
import { StaticFiles } from '../../../src/transport/http/static-files.js';
import { folderOf } from '../../support/gateway-process.js';
import { serve, tcp, WAIT } from '../serve.js';

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5_000))})`;
const HTML =
  '<!doctype html><meta property="csp-nonce" nonce="{{nonce}}"><script src="/pages/assets/a.js"></script>';
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function open(limits = {}, metrics = new Metrics()) {
  const folder = await folderOf({
    'index.html': HTML,
    'assets/a.js': SCRIPT,
    'robots.txt': 'no',
    'a b.svg': '<svg/>',
  });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  await writeFile(join(folder.path, 'assets/a.js.gz'), gzipSync(SCRIPT));
  await writeFile(join(folder.path, 'assets/a.js.br'), brotliCompressSync(SCRIPT));
  await writeFile(join(folder.path, 'assets/large.bin'), Buffer.alloc(30_000_000));
  const files = await StaticFiles.open(folder.path);
  await writeFile(join(folder.path, 'later.txt'), 'written after the start');
  const page = await HtmlPage.read(join(folder.path, 'index.html'));
  const { server } = await serve({ metrics, limits, folders: [{ prefix: '/pages/', files, page }] });
  const { origin } = new URL(server.url);
  const get = (path: string, init: RequestInit = {}) => fetch(`${origin}/pages${path}`, init);
  return { get, origin };
}

describe('static files', () => {
  it.each([
    ['br', 'gzip, deflate, br', 'br'],
    ['gzip', 'gzip, deflate', 'gzip'],
    ['as they are', 'identity', null],
    ['as they are where the list is too long to be read', 'br, '.padEnd(1_100, 'x;'), null],
  ])('are sent %s to a client that accepts it', async (_, accepted, encoding) => {
    const { get } = await open();
    const answer = await get('/assets/a.js', { headers: { 'accept-encoding': accepted } });
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, encoding]);
    expect(await answer.text()).toBe(SCRIPT);
    expect(answer.headers.get('vary')).toBe('accept-encoding');
  });

  it('are kept by browsers for ever if their names have a hash, and otherwise until they change', async () => {
    const { get } = await open();
    const hashed = await get('/assets/a.js');
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const other = await get('/robots.txt');
    expect(other.headers.get('cache-control')).toBe('no-cache');
    const etag = other.headers.get('etag') ?? '';
    for (const known of [etag, `"other", W/${etag}`, '*']) {
      const again = await get('/robots.txt', { headers: { 'if-none-match': known } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
    expect((await get('/robots.txt', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('have their type, which browsers do not guess, and a worker has the policy of its script', async () => {
    const { get } = await open();
    const script = await get('/assets/a.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
    expect(script.headers.get('content-security-policy')).toMatch(/^default-src 'none'; /);
    expect((await get('/a%20b.svg')).headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
    expect((await get('/assets/large.bin')).headers.get('content-type')).toBe('application/octet-stream');
  });

  it('are answered without a body to HEAD, and refused to other methods', async () => {
    const { get } = await open();
    const head = await get('/assets/a.js', { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(SCRIPT.length),
      '',
    ]);
    const posted = await get('/assets/a.js', { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('are those that were there at the start: no path leads out of the folder', async () => {
    const { origin } = await open();
    for (const path of [
      '/pages/later.txt',
      '/pages/assets',
      '/pages/../package.json',
      '/pages/%2e%2e/package.json',
      '/pages/..%2fpackage.json',
      '/pages/assets/../../../../../../etc/passwd',
      '/pages//etc/passwd',
      '/pages/assets/a.js%00',
    ]) {
      // `fetch` would resolve the dots itself.
      const socket = tcp(origin, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.resume();
      await vi.waitFor(() => expect(text).toMatch(/^HTTP\/1.1 404 /), WAIT);
    }
  });

  it('S4 hold no memory of their own for clients that do not read them, which count as connections', async () => {
    const metrics = new Metrics();
    const { get, origin } = await open({ connections: 20 }, metrics);
    await (await get('/assets/large.bin')).arrayBuffer();
    const slow = async () => (await metrics.slowClients.get()).values[0]?.value;
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 20; n++) tcp(origin, 'GET /pages/assets/large.bin HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitFor(async () => expect(await slow()).toBe(20), WAIT);
    // One copy for each would be 600 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
    expect((await get('/robots.txt')).status).toBe(503);
  });

  it('S4 are refused at the start when they are larger than memory should hold', async () => {
    await using folder = await folderOf({});
    await writeFile(join(folder.path, 'film.bin'), Buffer.alloc((128 << 20) + 1));
    await expect(StaticFiles.open(folder.path)).rejects.toThrow('Serve large files elsewhere.');
  });
});

describe('a page', () => {
  it('is shown at its root, and at every path that a browser navigates to; a missing script is missed', async () => {
    const { get } = await open();
    for (const path of ['', '/', '/orders/a.1', '/assets/']) {
      const answer = await get(path, { headers: BROWSER });
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        200,
        'text/html; charset=utf-8',
      ]);
    }
    expect((await get('/assets/old.js')).status).toBe(404);
    expect((await get('/orders/1')).status).toBe(404);
  });

  it('runs scripts of its own files alone, and adds styles with a nonce that is another one each time', async () => {
    const { get } = await open();
    const nonces = new Set<string>();
    for (let n = 0; n < 3; n++) {
      const answer = await get('/', { headers: BROWSER });
      const policy = answer.headers.get('content-security-policy') ?? '';
      const [, nonce = ''] = /style-src 'self' 'nonce-([\w-]{22})'/.exec(policy) ?? [];
      expect(await answer.text()).toBe(HTML.replace('{{nonce}}', nonce));
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
      expect(policy).toMatch(
        /connect-src 'self'; .*base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      );
      expect(policy).not.toMatch(/unsafe|https?:|\*|\{/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });
});
