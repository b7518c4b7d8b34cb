import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** The milliseconds that a fixed piece of work takes: about 100 on a laptop. Printed with every figure. */
export function speedMarker(): number {
  const start = performance.now();
  let text = '';
  for (let i = 0; i < 300_000; i++) text = JSON.stringify({ i, last: text.length, list: [1, 2, 3] });
  return Math.round(performance.now() - start);
}

/** A scale at which each benchmark ends within a few minutes on this machine. */
export function scaleFor(marker: number): number {
  const scale = Math.min(1, 300 / marker);
  return Math.max(0.05, Number(scale.toPrecision(1)));
}

/** The machine that the figures depend on, in words. */
export function machine(marker: number): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const [first] = cpus();
  return `${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), ${memory} GiB, Node ${process.version}, ${process.platform}, speed marker ${marker} ms`;
}

/** Files that a process keeps for other purposes than connections. */
const RESERVED_FILES = 300;

/**
 * How many of `wanted` connections one process may open, since the system limits open files. Node raises the soft limit to
 * the hard one. Prints a notice if the result is lower.
 */
export function connectionsWithin(wanted: number): number {
  const hard = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  const most = hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard) - RESERVED_FILES;
  if (wanted <= most) return wanted;
  process.stderr.write(
    `${wanted} connections requested, but a process may open only ${hard} files (ulimit -Hn): measuring with ${most}.\n`,
  );
  return most;
}
