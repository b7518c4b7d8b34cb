import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Child } from './child.js';
import type { Meter } from './meter.js';
import type { Options } from './stage.js';

export interface ProfileNode {
  readonly id: number;
  readonly children?: readonly number[];
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/** The part of a .cpuprofile that a summary needs. */
export interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SHOWN = 40;

/**
 * Runs `work`. With `--profile` it samples the process meanwhile, and writes the profile and a summary of it. Sampling costs
 * CPU, so use such a run for its profile, not for its figures.
 */
export async function profiled<T>(
  child: Child,
  label: string,
  { profile }: Options,
  work: () => Promise<T>,
): Promise<T> {
  if (profile === undefined) return work();
  mkdirSync(profile, { recursive: true });
  const file = join(profile, `${label.replaceAll(/\W+/g, '-')}.cpuprofile`);
  const { result, profiles } = await sampled(new Map([[child, file]]), work);
  for (const found of profiles.values()) writeFileSync(`${file}.txt`, summary(found));
  process.stderr.write(`profile: ${file}\n`);
  return result;
}

/** Runs `work` and samples the processes meanwhile. @returns the profile of each */
export async function profilesDuring(
  children: readonly Child[],
  work: () => Promise<unknown>,
): Promise<ReadonlyMap<Child, Profile>> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-profiles-'));
  try {
    const files = new Map(children.map((child, i) => [child, join(folder, `${i}.cpuprofile`)]));
    return (await sampled(files, work)).profiles;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function sampled<T>(files: ReadonlyMap<Child, string>, work: () => Promise<T>) {
  for (const child of files.keys())
    await child.call<Meter, 'startProfile'>('meter', 'startProfile', undefined);
  const result = await work();
  const profiles = new Map<Child, Profile>();
  for (const [child, file] of files) {
    await child.call<Meter, 'stopProfile'>('meter', 'stopProfile', file);
    profiles.set(child, JSON.parse(readFileSync(file, 'utf8')) as Profile); // Node's own format.
  }
  return { result, profiles };
}

/** The self time of each function in milliseconds, and its share of the busy time. */
function summary({ nodes, samples, timeDeltas }: Profile): string {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node)]));
  const times = new Map<string, number>();
  for (const [i, sample] of samples.entries()) {
    const name = names.get(sample) ?? '?';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
  }
  const idle = times.get('(idle)') ?? 0;
  // Neither is work of the process: `dispatch` is the profiler itself.
  for (const none of ['(idle)', 'dispatch']) times.delete(none);
  const busy = [...times.values()].reduce((sum, time) => sum + time, 0);
  const lines = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(
      ([name, time]) =>
        `${time.toFixed(1).padStart(9)} ms ${((100 * time) / busy).toFixed(1).padStart(5)} %  ${name}`,
    );
  return [`busy ${busy.toFixed(0)} ms, idle ${idle.toFixed(0)} ms`, ...lines, ''].join('\n');
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  if (url === '') return functionName || '(anonymous)';
  const place = url.replace(/^.*\/(dist|node_modules)\//, '$1/');
  return `${functionName || '(anonymous)'} ${place}:${lineNumber + 1}`;
}
