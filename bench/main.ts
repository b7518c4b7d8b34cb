import { cpus } from 'node:os';
import { Command } from 'commander';
import { resume } from './resume.js';
import { printTable, type Row } from './row.js';
import { type Services, smoke } from './smoke.js';

const BENCHMARKS: Readonly<Record<string, (services: Services, scale: number) => Promise<readonly Row[]>>> = {
  smoke,
  resume,
};

/** How long a fixed piece of work takes, in milliseconds: about 100 on a laptop. Printed beside every figure. */
function speedMarker(): number {
  const start = performance.now();
  let text = '';
  for (let i = 0; i < 300_000; i++) text = JSON.stringify({ i, last: text.length, list: [1, 2, 3] });
  return Math.round(performance.now() - start);
}

interface Acquired {
  readonly env: Services;
  stop(): Promise<void>;
}

async function run(names: readonly string[], options: { json?: boolean; scale?: string }): Promise<void> {
  const marker = speedMarker();
  const scale = options.scale === undefined ? (marker > 500 ? 0.2 : 1) : Number(options.scale);
  if (!(scale > 0 && scale <= 100))
    throw new Error(`--scale is ${options.scale}; allowed: a number above 0, up to 100`);
  const chosen = names.length === 0 ? Object.keys(BENCHMARKS) : names;
  // A plain script without types: it answers with what `Acquired` says.
  const { acquireServices } = (await import(
    String(new URL('../scripts/services/index.mjs', import.meta.url))
  )) as {
    acquireServices(): Promise<Acquired>;
  };
  const services = await acquireServices();
  try {
    for (const name of chosen) {
      const benchmark = BENCHMARKS[name];
      if (benchmark === undefined)
        throw new Error(`There is no ${name}; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
      const rows = await benchmark(services.env, scale);
      if (options.json === true) for (const row of rows) console.log(JSON.stringify(row));
      else {
        console.log(
          `${name}: scale ${scale}, speed marker ${marker} ms, ${cpus().length} cores, Node ${process.version}`,
        );
        printTable(rows);
      }
    }
  } finally {
    await services.stop();
  }
}

await new Command('bench')
  .argument('[name...]', `which: ${Object.keys(BENCHMARKS).join(', ')}; all when none is named`)
  .option('--json', 'one line of JSON for each figure')
  .option('--scale <factor>', 'how large, 1 by default, less on a slow machine')
  .action(run)
  .parseAsync();
