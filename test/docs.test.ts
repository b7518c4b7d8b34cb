import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guaranteeTests } from '../scripts/guarantee-tests.mjs';
import { ERRORS } from '../src/core/errors.js';
import { ENVIRONMENT } from '../src/node/config.js';
import { Metrics } from '../src/observe/metrics.js';
import { CLOSE_CODES } from '../src/transport/websocket/close-codes.js';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  'bench/RESULTS.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
];

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The cells of every table row whose first cell is a single piece of code, as in "| `PORT` | … |". */
function rows(page: string, first: RegExp): readonly (readonly string[])[] {
  return read(page)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter(([cell = '']) => first.test(cell));
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
  it('docs/protocol.md has every error code with its retry and meaning', () => {
    const expected = Object.entries(ERRORS).map(([code, { retry, means }]) => [
      `\`${code}\``,
      retry ? 'yes' : 'no',
      means,
    ]);
    const codes = rows('docs/protocol.md', /^`[A-Z_]+`$/).filter(([, retry = '']) =>
      /^(yes|no)$/.test(retry),
    );
    expect(codes).toEqual(expected);
  });

  it('docs/protocol.md has every close code with its reason and meaning', () => {
    const expected = Object.values(CLOSE_CODES).map(({ code, reason, retry, means }) => [
      String(code),
      reason,
      retry ? 'yes' : 'no',
      means,
    ]);
    expect(rows('docs/protocol.md', /^\d{4}$/)).toEqual(expected);
  });

  it('docs/operating.md has every environment variable', () => {
    const expected = Object.entries(ENVIRONMENT).map(([name, about]) => [`\`${name}\``, about]);
    expect(rows('docs/operating.md', /^`[A-Z][A-Z_]+`$/)).toEqual(expected);
  });

  it('docs/operating.md has every metric with its kind and help', async () => {
    const metrics = await new Metrics().registry.getMetricsAsJSON();
    const expected = metrics.map(({ name, type, help }) => [`\`${name}\``, String(type), help]);
    const listed = rows('docs/operating.md', /^`millrace_/).map(([name, kind, , help]) => [name, kind, help]);
    expect(listed.sort()).toEqual(expected.sort());
  });
});
