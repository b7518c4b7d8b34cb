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

/** Bytes that the system has for all TCP connections before it becomes short of them: tcp_mem is in pages. */
export function tcpMemory(): number {
  return 4096 * Number(sysctl('tcp_mem')[1]);
}

/** Bytes that the system takes from a process for one connection, at the most, before they are sent. */
export function tcpSendBuffer(): number {
  return Number(sysctl('tcp_wmem')[2]);
}

const sysctl = (name: string): readonly string[] =>
  readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/);

const read = (pid: number | 'self', file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
