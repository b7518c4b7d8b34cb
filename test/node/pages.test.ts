import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { projectPages } from '../../src/node/pages.js';
import type { Pages } from '../../src/project/project.js';
import { folderOf } from '../support/gateway-process.js';
import { serve } from '../transport/serve.js';

/** A server whose project has these files as its pages. */
async function pagesOf(files: Readonly<Record<string, string>>, more: Omit<Pages, 'folder'> = {}) {
  const folder = await folderOf(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [join('pages', name), text])),
  );
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const pages = await projectPages({ folder: join(folder.path, 'pages'), ...more });
  const routes = {
    '/healthz': (_: unknown, response: { end(text: string): unknown }) => void response.end('ok'),
  };
  const { server } = await serve({ folders: pages === undefined ? [] : [pages], routes });
  const get = async (path: string, accept = 'text/html,*/*') => {
    const response = await fetch(new URL(path, server.url), { headers: { accept } });
    return {
      status: response.status,
      text: await response.text(),
      policy: response.headers.get('content-security-policy') ?? '',
    };
  };
  return { get };
}

const FILES = {
  'index.html': '<title>Home</title><style nonce="{{nonce}}"></style>',
  'about.html': '<title>About</title>',
  'docs/index.html': '<title>Docs</title>',
  'assets/main.js': 'run()',
};

describe('the pages of a project', () => {
  it('are served at /, and paths that only a script knows show index.html', async () => {
    const { get } = await pagesOf(FILES);
    for (const path of ['/', '/index.html', '/orders/17']) expect((await get(path)).text).toContain('Home');
    expect((await get('/about.html')).text).toContain('About');
    expect((await get('/docs/')).text).toContain('Docs');
    expect((await get('/assets/main.js')).text).toBe('run()');
    // What the gateway itself answers takes precedence.
    expect((await get('/healthz')).text).toBe('ok');
  });

  it('answer 404 for a file that is missing, so that no script is answered with a page', async () => {
    const { get } = await pagesOf(FILES);
    expect((await get('/assets/old.js', '*/*')).status).toBe(404);
  });

  it('S1 no HTML is served without the policy, and each response has a nonce of its own', async () => {
    const { get } = await pagesOf(FILES);
    const nonces = new Set<string>();
    for (const path of ['/', '/index.html', '/about.html', '/docs/', '/docs/index.html', '/orders/17']) {
      const { policy, text } = await get(path);
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
      expect(policy).not.toContain('unsafe');
      const [, nonce = ''] = /'nonce-([^']+)'/.exec(policy) ?? [];
      nonces.add(nonce);
      if (text.includes('<style')) expect(text).toContain(`nonce="${nonce}"`);
    }
    expect(nonces.size).toBe(6);
    // A worker has the policy of its script.
    expect((await get('/assets/main.js')).policy).toBe(
      "default-src 'none'; script-src 'self'; connect-src 'self'",
    );
  });

  it('replace directives of the policy, for pages and for workers', async () => {
    const { get } = await pagesOf(FILES, {
      contentSecurityPolicy: {
        'connect-src': "'self' https://maps.example",
        'frame-ancestors': 'https://portal.example',
      },
    });
    expect((await get('/')).policy).toContain("connect-src 'self' https://maps.example; ");
    expect((await get('/')).policy).toContain('frame-ancestors https://portal.example');
    expect((await get('/assets/main.js')).policy).toBe(
      "default-src 'none'; script-src 'self'; connect-src 'self' https://maps.example",
    );
  });

  it.each([
    ['does not exist', 'nowhere'],
    ['has no index.html', '.'],
  ])('stop the gateway with a sentence when their folder %s', async (_, name) => {
    await using folder = await folderOf({ 'about.html': '<p>' });
    const opening = projectPages(join(folder.path, name));
    await expect(opening).rejects.toThrow(/has no index\.html\. Build them, or correct `pages`/);
  });

  it('are left out where a project has none', async () => {
    expect(await projectPages(undefined)).toBeUndefined();
  });
});
