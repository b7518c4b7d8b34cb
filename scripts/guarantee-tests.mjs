// `npm run docs:tests`: writes the table of docs/guarantees.md that says which tests prove which guarantee, from
// the titles of the tests. A test checks that it is as it would be written now.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { globSync } from 'tinyglobby';

const ROOT = join(import.meta.dirname, '..');
const DOCS = join(ROOT, 'docs', 'guarantees.md');
const HEADING = '## Tests\n';
/** `it('D3 D4 what it shows', …`, `it.each(…)('D3: …'`, `describe('C2 …'`. */
const TITLE =
  /\b(?:it|test|describe)(?:\.each\([\s\S]*?\n? *\]\))?\(\s*(['"`])((?:[DCS]\d+[ ,:]+)+)((?:(?!\1)[^\\]|\\.)*)\1/g;

/** The document with the table as the tests are now. */
export function withTable(document) {
  const rows = tests().flatMap(({ names, file, title }) => names.map((name) => ({ name, file, title })));
  const order = (name) => 'DCS'.indexOf(name[0]) * 100 + Number(name.slice(1));
  rows.sort((a, b) => order(a.name) - order(b.name) || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const lines = rows.map(({ name, file, title }) => `| ${name} | \`${file}\` | ${title} |`);
  const table = ['| guarantee | where | title, without the names |', '|---|---|---|', ...lines];
  const start = document.indexOf(HEADING);
  return `${document.slice(0, start)}${HEADING}\n${table.join('\n')}\n`;
}

function tests() {
  return files().flatMap((path) => {
    const file = relative(ROOT, path);
    return [...readFileSync(path, 'utf8').matchAll(TITLE)].map(([, , names, title]) => ({
      names: names.match(/[DCS]\d+/g),
      file,
      title: title.replaceAll("\\'", "'").replaceAll('|', '\\|').trim(),
    }));
  });
}

function files() {
  return globSync('test/**/*.ts', { cwd: ROOT, absolute: true }).sort();
}

if (process.argv[1] === import.meta.filename) writeFileSync(DOCS, withTable(readFileSync(DOCS, 'utf8')));
