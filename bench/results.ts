import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Row, verdicts } from './row.js';

const FILE = new URL('../bench/RESULTS.md', import.meta.url);

const INTRO = `# Results

Written by \`npm run bench -- --save\`; each part says when, on what machine and at what scale. A value is the
median of the rounds. Figures of different machines say nothing about each other; ratios are against baselines
that took turns with ours in the same run. What is measured, and against what: the head of each file in
\`bench/\`.
`;

/** One benchmark's part of the results. */
export interface Section {
  readonly name: string;
  readonly shape: string;
  readonly scale: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** Puts a part in the place of the one of the same name; the others stay. */
export function saveSection(section: Section): void {
  const there = existsSync(FILE) ? readFileSync(FILE, 'utf8') : INTRO;
  const [, ...parts] = there.split(/^## /m);
  const sections = new Map(parts.map((part) => [part.split('\n', 1)[0] ?? '', `## ${part.trimEnd()}\n`]));
  sections.set(section.name, render(section));
  writeFileSync(FILE, [INTRO, ...sections.values()].join('\n'));
}

function render({ name, shape, scale, seconds, rows }: Section): string {
  const lines = rows.map((row) => {
    const against = Object.entries(row.baseline).map(([key, of]) => `${row.ratio[key]} × ${key} (${of})`);
    return `| ${row.name} | ${row.value} ${row.unit} | ${row.min} to ${row.max} | ${against.join('<br>')} | ${verdicts(row).join('<br>')} |`;
  });
  return [
    `## ${name}`,
    '',
    `${new Date().toISOString().slice(0, 10)}, scale ${scale}, took ${seconds} s. ${shape}.`,
    '',
    '| what | value | range | against | goal |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
