import { Command } from 'commander';
import { churn } from './churn.js';
import { client } from './client.js';
import { consoleEvents } from './console-events.js';
import { constants } from './constants.js';
import { decode } from './decode.js';
import { distinct } from './distinct.js';
import { fairness } from './fairness.js';
import { fanout } from './fanout.js';
import { filtered } from './filtered.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { machine, scaleFor, speedMarker } from './machine.js';
import { mutations } from './mutations.js';
import { paced } from './paced.js';
import { reconnects } from './reconnects.js';
import { relay } from './relay.js';
import { saveSection } from './results.js';
import { resume } from './resume.js';
import { printTable } from './row.js';
import { saga } from './saga.js';
import { secured } from './secured.js';
import { smoke } from './smoke.js';
import { sockets } from './sockets.js';
import { sparse } from './sparse.js';
import type { Benchmark, Options, Services } from './stage.js';
import { telemetry } from './telemetry.js';
import { workers } from './workers.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  smoke,
  fanout,
  sparse,
  filtered,
  distinct,
  idle,
  sockets,
  reconnects,
  workers,
  latency,
  paced,
  relay,
  churn,
  resume,
  mutations,
  saga,
  fairness,
  secured,
  decode,
  client,
  telemetry,
  'console-events': consoleEvents,
  constants,
};

interface AcquiredServices {
  readonly env: Services;
  stop(): Promise<void>;
}

interface Flags {
  readonly json?: boolean;
  readonly scale?: string;
  readonly minutes?: string;
  readonly profile?: string;
  readonly save?: boolean;
}

async function run(names: readonly string[], flags: Flags): Promise<void> {
  const marker = speedMarker();
  const scale = positive('--scale', flags.scale ?? scaleFor(marker));
  const options: Options = {
    ...(flags.minutes === undefined ? {} : { minutes: positive('--minutes', flags.minutes) }),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
  };
  const chosen = (names.length === 0 ? Object.keys(BENCHMARKS) : names).map((name) => {
    const benchmark = BENCHMARKS[name];
    if (benchmark === undefined)
      throw new Error(`Unknown benchmark ${name}. Available: ${Object.keys(BENCHMARKS).join(', ')}`);
    return { name, benchmark };
  });
  // A plain script without types. It returns `AcquiredServices`.
  const { acquireServices } = (await import(
    String(new URL('../scripts/services/index.mjs', import.meta.url))
  )) as {
    acquireServices(): Promise<AcquiredServices>;
  };
  const services = await acquireServices();
  try {
    for (const { name, benchmark } of chosen) {
      const start = performance.now();
      const rows = await benchmark(services.env, scale, options);
      const seconds = Math.round((performance.now() - start) / 1000);
      if (flags.json === true) {
        for (const row of rows) console.log(JSON.stringify({ benchmark: name, ...row, scale, marker }));
      } else {
        console.log(`${name}: scale ${scale}, ${seconds} s; ${machine(marker)}`);
        printTable(rows);
      }
      if (flags.save === true) saveSection({ name, machine: machine(marker), scale, seconds, rows });
    }
  } finally {
    await services.stop();
  }
}

function positive(name: string, given: string | number): number {
  const value = Number(given);
  if (value > 0 && value <= 1000) return value;
  throw new Error(`${name} is ${given}; allowed: a number above 0 and up to 1000`);
}

await new Command('bench')
  .argument('[name...]', `which benchmarks (default: all): ${Object.keys(BENCHMARKS).join(', ')}`)
  .option('--json', 'print one line of JSON for each figure')
  .option('--scale <factor>', 'the size of the load (default: by the speed of this machine, at most 1)')
  .option('--minutes <n>', 'how long churn runs')
  .option('--save', 'write the figures to bench/RESULTS.md')
  .option('--profile <folder>', 'write CPU profiles of the gateway; distorts the figures')
  .action(run)
  .parseAsync();
