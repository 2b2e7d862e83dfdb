import { readFileSync } from 'node:fs';

/** USER_HZ of Linux: part of its interface to programs, the same on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Processor time that a process has used so far, all its threads, in ms; undefined where there is no /proc, or the process is gone. */
export function readCpuMs(pid: number): number | undefined {
  try {
    return parseCpuMs(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Fields 14 and 15 of /proc/PID/stat (proc_pid_stat(5)); the second field, a name in brackets, may hold anything. */
export function parseCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}
