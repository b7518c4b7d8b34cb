import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The speed of this machine: 1 for an ordinary core, 0.1 for one ten times slower. */
    speed: number;
  }
}

/** An ordinary core creates this many objects and writes them as JSON, much of a node's work, in ORDINARY_MS. */
const OBJECTS = 300_000;
const ORDINARY_MS = 150;

/** Runs once, before the fault cases. */
export default function setup(project: TestProject): void {
  const speed = Math.round(100 * Math.min(1, Math.max(0.1, ORDINARY_MS / measure()))) / 100;
  project.provide('speed', speed);
  console.error(`speed ${speed}: fault cases run with ${Math.round(100 * speed)} % of their load`);
}

/** The best of three runs, in milliseconds: other work on the machine may end in a minute. */
function measure(): number {
  const runs = [0, 1, 2].map(() => {
    const began = performance.now();
    const kept: unknown[] = [];
    for (let n = 0; n < OBJECTS; n++) {
      const event = { n, text: `no. ${n}` };
      if (JSON.stringify(event).length % 10 === 0) kept.push(event);
    }
    return performance.now() - began;
  });
  return Math.min(...runs);
}
