// `npm run docs:tables` writes the tables of docs/ that repeat a table of the code: error codes, close codes,
// environment variables, metrics and rights on Kafka; and what the examples of docs/sizing.md print. It needs a build. test/docs.test.ts fails when a table is out of date.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LEAST_RIGHTS, NAMES } from './least-rights.mjs';

const MAIN = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const DOCS = join(import.meta.dirname, '..', 'docs');
const yesNo = (retry) => (retry ? 'yes' : 'no');

/** Each table: its page, its header, and its rows made from the table in the code. */
const TABLES = [
  {
    page: 'protocol.md',
    header: ['code', '`retry`', 'meaning'],
    rows: ({ errors }) =>
      Object.entries(errors).map(([code, { retry, means }]) => [`\`${code}\``, yesNo(retry), means]),
  },
  {
    page: 'protocol.md',
    header: ['close code', 'reason', 'reconnect', 'meaning'],
    rows: ({ closeCodes }) =>
      Object.values(closeCodes).map(({ code, reason, retry, means }) => [code, reason, yesNo(retry), means]),
  },
  {
    page: 'operating.md',
    header: ['variable', 'meaning (default)'],
    rows: ({ environment }) => Object.entries(environment).map(([name, about]) => [`\`${name}\``, about]),
  },
  {
    page: 'operating.md',
    header: ['metric', 'kind', 'labels', 'meaning'],
    rows: ({ metrics }) =>
      metrics.map(({ name, type, labelNames, help }) => [`\`${name}\``, type, labelNames.join(', '), help]),
  },
  {
    page: 'operating.md',
    header: ['role or command', 'resource', 'name', 'operations', 'for'],
    rows: () =>
      Object.entries(LEAST_RIGHTS).flatMap(([role, rights]) =>
        rights.map(({ resource, names, prefix, operations, why }) => [
          role,
          `\`${RESOURCES[resource]}\``,
          `${NAMES[names]}${prefix ? ' (prefixed)' : ''}`,
          operations.map((operation) => `\`${inKafkasWords(operation)}\``).join(', '),
          why,
        ]),
      ),
  },
];

const RESOURCES = { TOPIC: 'Topic', GROUP: 'Group', TRANSACTIONAL_ID: 'TransactionalId' };
/** `DESCRIBE_CONFIGS` is `DescribeConfigs`, as `kafka-acls.sh` and StandardAuthorizer write it. */
const inKafkasWords = (name) =>
  name
    .split('_')
    .map((word) => word[0] + word.slice(1).toLowerCase())
    .join('');

/** Each page with its tables as the code has them. @returns pairs of page and text */
export function pagesWithTables(code) {
  const texts = new Map();
  for (const { page, header, rows } of TABLES) {
    const text = texts.get(page) ?? readFileSync(join(DOCS, page), 'utf8');
    texts.set(page, withTable(text, header, rows(code)));
  }
  return [...texts];
}

/** Replaces the rows beneath the header, up to the first line that is no row. */
function withTable(text, header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  const head = `${line(header)}|${'---|'.repeat(header.length)}\n`;
  const start = text.indexOf(head);
  if (start < 0) throw new Error(`No table begins with ${head}`);
  const rest = text.slice(start + head.length).replace(/^(\|.*\n)*/, '');
  return text.slice(0, start) + head + rows.map(line).join('') + rest;
}

/** The page with what its examples print. They read nothing but their arguments. */
function withOutputs(text) {
  return text.replaceAll(/^(```console\n\$ millrace (.+)\n)[^`]*```$/gm, (_, head, command) => {
    const { stdout, stderr } = spawnSync(process.execPath, [MAIN, ...command.split(' ')], {
      encoding: 'utf8',
    });
    return `${head}${stdout}${stderr}\`\`\``;
  });
}

/** The metrics of a registry, as the table has them. prom-client's types leave these fields out. */
export function metricsOf(registry) {
  const metrics = registry.getMetricsAsArray();
  return metrics.map(({ name, type, help, labelNames }) => ({ name, type, help, labelNames }));
}

if (process.argv[1] === import.meta.filename) {
  const { ERRORS: errors } = await import('../dist/core/errors.js');
  const { CLOSE_CODES: closeCodes } = await import('../dist/transport/websocket/close-codes.js');
  const { ENVIRONMENT: environment } = await import('../dist/node/config.js');
  const { Metrics } = await import('../dist/observe/metrics.js');
  const metrics = metricsOf(new Metrics().registry);
  for (const [page, text] of pagesWithTables({ errors, closeCodes, environment, metrics }))
    writeFileSync(join(DOCS, page), text);
  const sizing = join(DOCS, 'sizing.md');
  writeFileSync(sizing, withOutputs(readFileSync(sizing, 'utf8')));
}
