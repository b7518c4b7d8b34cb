import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { serve } from './call.js';
import type { Meter, Usage } from './meter.js';

// Loaded with `node --import` before the code of each process that is measured.

const session = new Session();

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpu: (user + system) / 1000, resident: rss, heap: heapUsed };
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  // Twice, because objects with finalizers are freed by the second run.
  if (typeof gc === 'function') for (let i = 0; i < 2; i++) gc();
}

serve<Meter>('meter', {
  usage,
  collected() {
    collect();
    return usage();
  },
  async startProfile() {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 500 });
    await session.post('Profiler.start');
  },
  async stopProfile(file) {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    writeFileSync(file, JSON.stringify(profile));
  },
});
// Being callable must not keep a process alive.
process.channel?.unref();
