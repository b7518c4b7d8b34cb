import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Row, verdicts } from './row.js';

const FILE = new URL('../bench/RESULTS.md', import.meta.url);

const INTRO = `# Results

Written by \`npm run bench -- --save\`. Each section names its date, machine and scale. A value is the median of the rounds.
Ratios are against baselines whose rounds alternated with ours in the same run; do not compare absolute figures across
machines. The comment at the top of each file in \`bench/\` explains what it measures, and against what.
`;

/** The results of one benchmark. */
interface Section {
  readonly name: string;
  readonly machine: string;
  readonly scale: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** Replaces the section of the same name, and keeps the others. */
export function saveSection(section: Section): void {
  const there = existsSync(FILE) ? readFileSync(FILE, 'utf8') : INTRO;
  const [, ...parts] = there.split(/^## /m);
  const sections = new Map(parts.map((part) => [part.split('\n', 1)[0] ?? '', `## ${part.trimEnd()}\n`]));
  sections.set(section.name, render(section));
  writeFileSync(FILE, [INTRO, ...sections.values()].join('\n'));
}

function render({ name, machine, scale, seconds, rows }: Section): string {
  const lines = rows.map((row) => {
    const against = Object.entries(row.baseline).map(([key, of]) => `${row.ratio[key]} × ${key} (${of})`);
    return `| ${row.name} | ${row.value} ${row.unit} | ${row.min} to ${row.max} | ${against.join('<br>')} | ${verdicts(row).join('<br>')} |`;
  });
  return [
    `## ${name}`,
    '',
    `${new Date().toISOString().slice(0, 10)}, scale ${scale}, took ${seconds} s. ${machine}.`,
    '',
    '| figure | value | range | ratio to baseline | goal |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
