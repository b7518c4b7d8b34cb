import { existsSync } from 'node:fs';
import type { Profile, ProfileNode } from './profile.js';
import { type Row, rowOf } from './row.js';

const DIST = new URL('../dist/', import.meta.url);

/**
 * The steps of an event's way from the log to the sockets, and the code that does each: folders and files of `dist`, and packages.
 * The longest name that fits decides. Code that is not named counts for the step that calls it, as `core` and `zod` do.
 */
const STEPS: readonly Step[] = [
  { name: 'fetch and commit', dist: ['adapters/kafka'], packages: ['kafkajs'] },
  {
    name: 'decode',
    dist: ['core/envelope', 'core/record-decoder.js', 'core/schema-codec.js', 'relay/batch-decoder.js'],
    packages: [],
  },
  { name: 'relay', dist: ['relay', 'placement'], packages: [] },
  {
    name: 'Redis',
    dist: ['adapters/redis'],
    packages: ['ioredis', 'redis-parser', 'graphql-redis-subscriptions'],
  },
  { name: 'hub', dist: ['hub'], packages: [] },
  { name: 'cohort', dist: ['subscribe', 'binding'], packages: ['graphql'] },
  { name: 'cursor', dist: ['core/cursor.js'], packages: [] },
  { name: 'frames and writes', dist: ['transport'], packages: ['ws'] },
  { name: 'metrics and traces', dist: ['observe'], packages: ['prom-client', '@opentelemetry/api'] },
];
const COLLECTOR = 'garbage collection';
/** The event loop itself, timers, and code of no step, such as the views of an idle node. */
const REST = 'all else';
/** No work of the process: `dispatch` is the profiler. */
const NOT_WORK = new Set(['(idle)', 'dispatch']);

interface Step {
  readonly name: string;
  readonly dist: readonly string[];
  readonly packages: readonly string[];
}

/**
 * One row for each step: microseconds of the main thread for each event. Counted by sampling, so the sum is a little above the CPU
 * of a run that is not sampled.
 * @param rounds the profiles of each, with as many events
 */
export function stepRows(name: string, rounds: readonly Profile[], events: number): readonly Row[] {
  const counted = rounds.map((profile) => stepsOf(profile));
  const names = [...STEPS.map((step) => step.name), COLLECTOR, REST];
  const row = (step: string, of: (times: ReadonlyMap<string, number>) => number): Row =>
    rowOf(
      `${name}, ${step}`,
      'µs/event',
      counted.map((times) => of(times) / events),
    );
  const rows = names
    // A relay renders nothing, and a gateway fetches little.
    .filter((step) => counted.some((times) => (times.get(step) ?? 0) > 0))
    .map((step) => row(step, (times) => times.get(step) ?? 0));
  return [...rows, row('all steps', (times) => [...times.values()].reduce((sum, time) => sum + time, 0))];
}

/** Microseconds by step. */
function stepsOf({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<string, number> {
  assertExist();
  const callers = new Map<number, ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) callers.set(child, node);
  const stepOf = new Map<number, string | undefined>();
  for (const node of nodes) {
    let step: string | undefined;
    if (node.callFrame.functionName === '(garbage collector)') step = COLLECTOR;
    else if (!NOT_WORK.has(node.callFrame.functionName)) {
      for (
        let at: ProfileNode | undefined = node;
        at !== undefined && step === undefined;
        at = callers.get(at.id)
      )
        step = ownStep(at.callFrame.url);
      step ??= REST;
    }
    stepOf.set(node.id, step);
  }
  const times = new Map<string, number>();
  for (const [i, sample] of samples.entries()) {
    const step = stepOf.get(sample);
    if (step !== undefined) times.set(step, (times.get(step) ?? 0) + (timeDeltas[i] ?? 0));
  }
  return times;
}

/** The step whose code a file is; `undefined`: that of its caller. */
function ownStep(url: string): string | undefined {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (name !== undefined) return STEPS.find(({ packages }) => packages.includes(name))?.name;
  const [, path] = /\/dist\/(.+)$/.exec(url) ?? [];
  if (path === undefined) return undefined;
  let [found, length]: [string | undefined, number] = [undefined, 0];
  for (const { name: step, dist } of STEPS)
    for (const place of dist)
      if ((path === place || path.startsWith(`${place}/`)) && place.length > length)
        [found, length] = [step, place.length];
  return found;
}

/** A folder that was renamed would otherwise count for its callers, and nobody would see it. */
function assertExist(): void {
  for (const { name, dist } of STEPS)
    for (const place of dist)
      if (!existsSync(new URL(place, DIST)))
        throw new Error(
          `The step ${name} names dist/${place}, which does not exist: correct bench/steps.ts.`,
        );
}
