import { readFileSync } from 'node:fs';

// Facts from Linux's /proc (proc(5)), which other systems do not have.

/** The seconds of CPU that a process has used. */
export function cpuSeconds(pid: number): number {
  // After the name, which may have spaces in it: utime and stime are fields 14 and 15, in hundredths.
  const fields = read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status'))?.[1]);
}

/** The bytes for all TCP connections above which the system comes under memory pressure; tcp_mem is in pages. */
export function tcpMemory(): number {
  return 4096 * Number(sysctl('tcp_mem')[1]);
}

/** The most bytes that the system buffers for one connection before they are sent. */
export function tcpSendBuffer(): number {
  return Number(sysctl('tcp_wmem')[2]);
}

const sysctl = (name: string): readonly string[] =>
  readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim().split(/\s+/);

const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
