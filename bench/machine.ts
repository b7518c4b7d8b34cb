import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** How long a fixed piece of work takes, in milliseconds: about 100 on a laptop. Printed beside every figure. */
export function speedMarker(): number {
  const start = performance.now();
  let text = '';
  for (let i = 0; i < 300_000; i++) text = JSON.stringify({ i, last: text.length, list: [1, 2, 3] });
  return Math.round(performance.now() - start);
}

/** So large that each benchmark ends within a few minutes on this machine. */
export function scaleFor(marker: number): number {
  const scale = Math.min(1, 300 / marker);
  return Math.max(0.05, Number(scale.toPrecision(1)));
}

/** What the figures depend on, in words. */
export function shape(marker: number): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const [first] = cpus();
  return `${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), ${memory} GiB, Node ${process.version}, ${process.platform}, speed marker ${marker} ms`;
}

/** Files that a process is left for its own purposes. */
const OWN_FILES = 300;

/**
 * How many of `wanted` connections one process may have: the system limits the files that are open.
 * Node raises the soft limit to the hard one by itself. Says so when it is fewer.
 */
export function connectionsWithin(wanted: number): number {
  const hard = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  const most = hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard) - OWN_FILES;
  if (wanted <= most) return wanted;
  process.stderr.write(
    `${wanted} connections are wanted, but a process may have ${hard} open files (ulimit -Hn): measured with ${most}.\n`,
  );
  return most;
}
