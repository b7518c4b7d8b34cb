import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** How fast this machine is: 1 an ordinary core, 0.1 one ten times slower. */
    speed: number;
  }
}

/** So many objects made and written as JSON, which is much of what a node does, take an ordinary core so long. */
const OBJECTS = 300_000;
const ORDINARY_MS = 150;

/** Once for each run of the tests that need services, before all of them. */
export default function setup(project: TestProject): void {
  const speed = Math.round(100 * Math.min(1, Math.max(0.1, ORDINARY_MS / measure()))) / 100;
  project.provide('speed', speed);
  console.error(`speed ${speed}: fault cases carry ${Math.round(100 * speed)} % of their load`);
}

/** The best of three: what else runs on the machine now may be gone in a minute. */
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
