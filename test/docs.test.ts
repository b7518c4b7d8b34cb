import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { metricsOf, pagesWithTables } from '../scripts/doc-tables.mjs';
import { guaranteeTests } from '../scripts/guarantee-tests.mjs';
import { ERRORS } from '../src/core/errors.js';
import { ENVIRONMENT } from '../src/node/config.js';
import { Metrics } from '../src/observe/metrics.js';
import { CLOSE_CODES } from '../src/transport/websocket/close-codes.js';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  'bench/RESULTS.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join('src', name)));

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

describe('docs/guarantee-tests.md', () => {
  it('lists the tests that name a guarantee, as `npm run docs:tests` writes them', () => {
    expect(read('docs/guarantee-tests.md')).toBe(guaranteeTests());
  });

  it('has at least one test for each guarantee', () => {
    const sections = guaranteeTests().split('\n## ').slice(1);
    expect(sections.length).toBeGreaterThan(15);
    const unproven = sections.filter((section) => !section.includes('\n| `'));
    expect(unproven.map((section) => section.split('\n')[0])).toEqual([]);
  });
});

describe('docs/guarantees.md', () => {
  it('gives each guarantee a promise, how it is kept, and limits', () => {
    const [, ...sections] = read('docs/guarantees.md').split('\n### ');
    const parts = ['**Promise.**', '**How it is kept.**', '**Limits.**'];
    const incomplete = sections.filter((section) => !parts.every((part) => section.includes(part)));
    expect(incomplete.map((section) => section.split('\n')[0])).toEqual([]);
  });
});

describe('clients/ts/README.md', () => {
  const page = read('clients/ts/README.md');

  it('links to no file, because a reader of the package has only the package', () => {
    expect([...page.matchAll(/\]\((?!https?:)[^)]*\)/g)]).toEqual([]);
  });

  it('names every import of the package', () => {
    const { exports } = JSON.parse(read('clients/ts/package.json')) as { exports: Record<string, unknown> };
    const names = Object.keys(exports).filter((path) => path !== './package.json' && path !== './worker');
    for (const name of names) expect(page).toContain(`| \`${name.replace('.', 'millrace-client')}\` |`);
  });
});

describe('docs/recipes.md', () => {
  const page = read('docs/recipes.md');
  const shown = [...page.matchAll(/^`(clients\/recipes\/[\w./-]+)`:\n\n```\w+\n(.*?)^```$/gms)];

  it('shows every recipe as it is run', () => {
    const sources = readdirSync(join(ROOT, 'clients/recipes'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?<!\.d)\.(py|go|rs|java|mjs)$/.test(name))
      .map((name) => `clients/recipes/${name}`);
    expect(shown.map(([, path]) => path).sort()).toEqual(sources.sort());
    for (const [, path = '', code] of shown) expect(code, path).toBe(read(path));
  });

  it('names the versions of the libraries that are run', () => {
    const pinned = [
      read('scripts/services/client-recipes.mjs'),
      read('clients/recipes/go-hasura/go.mod'),
      read('clients/recipes/go-genqlient/go.mod'),
      read('clients/recipes/rust/Cargo.toml'),
    ].join();
    const version = (of: RegExp) => of.exec(pinned)?.[1];
    expect(page).toContain(`\`gql\` ${version(/gql\S*==([\d.]+)/)},`);
    expect(page).toContain(`\`hasura/go-graphql-client\` ${version(/go-graphql-client v([\d.]+)/)},`);
    expect(page).toContain(`\`Khan/genqlient\` ${version(/genqlient v([\d.]+)/)},`);
    expect(page).toContain(
      `\`graphql-ws-client\` ${version(/graphql-ws-client = \{ version = "=([\d.]+)/)},`,
    );
    expect(page.replaceAll('\n', ' ')).toContain(`Spring for GraphQL ${version(/spring-graphql:([\d.]+)/)}.`);
  });
});

describe('every page of the docs', () => {
  it.each(PAGES)('names only files and folders that exist: %s', (page) => {
    const text = read(page);
    // Pages that build a project name its files, each before the block with its content.
    const shown = new Set([...text.matchAll(/^(?:\/\/ |`)([\w./-]+)`?:?\n/gm)].map(([, name]) => name));
    const named = [
      ...text.matchAll(/`((?:[\w.-]+\/)+(?:[\w-]+(?:\.[\w-]+)*\.(?:ts|mjs|graphql|conf|json|md))?)`/g),
    ]
      .map(([, path = '']) => path)
      .filter((path) => !shown.has(path) && !path.startsWith('node_modules/'));
    const bases = ['', 'src', 'schema'];
    expect(named.filter((path) => !bases.some((base) => existsSync(join(ROOT, base, path))))).toEqual([]);
  });

  it.each(PAGES)('names only methods of classes and interfaces that have them: %s', (page) => {
    const named = [...read(page).matchAll(/`([A-Z]\w+)\.(#?[a-z]\w+)`/g)];
    const missing = named.filter(
      ([, owner, method]) =>
        !SOURCES.some(
          (source) =>
            new RegExp(`\\b(class|interface) ${owner}\\b`).test(source) &&
            new RegExp(`^  (async )?${method}[(<]`, 'm').test(source),
        ),
    );
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  it.each(PAGES)('links only to files and headings that exist: %s', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(ROOT, target)) || (anchor !== undefined && !anchors(target).has(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

/** The anchors that GitHub gives to the headings of a page. */
function anchors(page: string): ReadonlySet<string> {
  const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the tables of the docs', () => {
  it('are those of the code, as `npm run docs:tables` writes them', () => {
    const pages = pagesWithTables({
      errors: ERRORS,
      closeCodes: CLOSE_CODES,
      environment: ENVIRONMENT,
      metrics: metricsOf(new Metrics().registry),
    });
    expect(pages.length).toBe(2);
    for (const [page, expected] of pages) expect(read(`docs/${page}`), page).toBe(expected);
  });
});
