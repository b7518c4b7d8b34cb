import { readFileSync } from 'node:fs';

/** What Linux says about a process (proc(5)). Other systems do not have it, and are not measured so. */

/** Seconds of processor time that it has used. */
export function cpuSeconds(pid: number): number {
  // After the name, which may have spaces in it: utime and stime are fields 14 and 15, in hundredths.
  const fields = read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Bytes of memory that it has. */
export function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status'))?.[1]);
}

/** How many files and sockets this process may have open. */
export function openFiles(): number {
  const limit = /^Max open files\s+(\S+)/m.exec(read('self', 'limits'))?.[1];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

const read = (pid: number | 'self', file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
