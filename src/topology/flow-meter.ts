import type { Offset, Topic } from '../core/ids.js';
import type { ListedGroup } from '../ports/log-inspection.js';

/** Where topics end and groups are, at one time. */
export interface Reading {
  /** By a clock that never goes back, in milliseconds. */
  readonly atMs: number;
  readonly ends: ReadonlyMap<Topic, readonly Offset[]>;
  readonly groups: readonly ListedGroup[];
}

/** What moves along one way of the events. */
export interface Movement {
  /** Offsets a second, over the last readings. `undefined`: not known yet. */
  readonly perSecond: number | undefined;
  /** Offsets that are not read yet, of the partitions in which the group has progress. `undefined`: of none. */
  readonly lag: number | undefined;
  readonly isLagGrowing: boolean;
}

/** How many readings a rate is averaged over: many consumers commit every 5 s only. */
const RATE_READINGS = 5;
/** A lag grows if its minimum over this many readings is above that of as many before. A sawtooth of commits is no growth. */
const LAG_READINGS = 4;
/** Over a longer pause an average says nothing of now. */
const MAX_PAUSE_MS = 15_000;

interface Step {
  readonly elapsedMs: number;
  /** Offsets that were added to a topic, or read by a group in a topic. */
  readonly moved: ReadonlyMap<string, number>;
  readonly lags: ReadonlyMap<string, number>;
}

/** Turns readings into rates and lag. Keeps the last reading and a few sums (C4). */
export class FlowMeter {
  #last: Reading | undefined;
  #steps: Step[] = [];

  add(reading: Reading): void {
    const last = this.#last;
    const elapsedMs = last === undefined ? 0 : reading.atMs - last.atMs;
    if (elapsedMs > MAX_PAUSE_MS) this.#steps = [];
    const moved = new Map<string, number>();
    if (last !== undefined && elapsedMs > 0 && elapsedMs <= MAX_PAUSE_MS) {
      for (const [topic, ends] of reading.ends) {
        const before = last.ends.get(topic);
        if (before !== undefined) moved.set(topic, advance(ends, before));
      }
      const groups = new Map(last.groups.map((group) => [group.name, group]));
      for (const group of reading.groups) {
        const before = groups.get(group.name);
        if (before === undefined) continue;
        for (const [topic, positions] of byTopic(group))
          moved.set(keyOf(group.name, topic), advance(positions, byTopic(before).get(topic) ?? []));
      }
    }
    this.#steps.push({ elapsedMs, moved, lags: lagsOf(reading) });
    this.#steps = this.#steps.slice(-2 * LAG_READINGS);
    this.#last = reading;
  }

  topic(topic: string): Movement {
    return { perSecond: this.#rate(topic), lag: undefined, isLagGrowing: false };
  }

  group(group: string, topic: string): Movement {
    const key = keyOf(group, topic);
    const lags = this.#steps.map((step) => step.lags.get(key));
    return { perSecond: this.#rate(key), lag: lags.at(-1), isLagGrowing: isGrowing(lags) };
  }

  #rate(key: string): number | undefined {
    const steps = this.#steps.slice(-RATE_READINGS).filter(({ moved }) => moved.has(key));
    const ms = steps.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
    if (ms === 0) return undefined;
    return (steps.reduce((sum, { moved }) => sum + (moved.get(key) ?? 0), 0) * 1_000) / ms;
  }
}

const keyOf = (group: string, topic: string): string => JSON.stringify([group, topic]);

type Sparse = readonly (number | undefined)[];

/** Of the partitions that both have. One that went back was recreated or reset, and counts as not moved. */
const advance = (now: Sparse, before: Sparse): number =>
  now.reduce<number>((sum, at, partition) => {
    const from = before[partition];
    return at === undefined || from === undefined ? sum : sum + Math.max(0, at - from);
  }, 0);

function byTopic({ progress }: ListedGroup): ReadonlyMap<Topic, Sparse> {
  const found = new Map<Topic, (number | undefined)[]>();
  for (const { topic, partition, offset } of progress) {
    const of = found.get(topic) ?? [];
    of[partition] = offset;
    found.set(topic, of);
  }
  return found;
}

function lagsOf({ groups, ends }: Reading): ReadonlyMap<string, number> {
  const lags = new Map<string, number>();
  for (const { name, progress } of groups) {
    for (const { topic, partition, offset } of progress) {
      const end = ends.get(topic)?.[partition];
      if (end === undefined) continue;
      const key = keyOf(name, topic);
      lags.set(key, (lags.get(key) ?? 0) + Math.max(0, end - offset));
    }
  }
  return lags;
}

function isGrowing(lags: readonly (number | undefined)[]): boolean {
  const known = lags.filter((lag) => lag !== undefined);
  if (known.length < 2 * LAG_READINGS) return false;
  return Math.min(...known.slice(-LAG_READINGS)) > Math.min(...known.slice(0, LAG_READINGS));
}
