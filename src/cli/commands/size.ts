import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { prettifyError } from 'zod';
import { positiveInteger } from '../options.js';
import { CONSTANTS, type Constants } from '../size/constants.js';
import { MEASURED } from '../size/measured.js';
import { type Demand, type Limits, sizeOf } from '../size/model.js';
import { reportOf } from '../size/report.js';
import { UserError } from '../user-error.js';

export function sizeCommand(): Command {
  return new Command('size')
    .description('say how many processes, cores, shards and partitions a load takes, and what ends first')
    .requiredOption(
      '--subscribers <count>',
      'clients connected at the same time, one subscription each',
      positiveInteger,
    )
    .requiredOption('--events <count>', 'events a second, over all topics', positiveNumber)
    .option(
      '--selectivity <share>',
      'the share of the subscribers that get an event, such as 1 or 0.001',
      share,
      1,
    )
    .option('--bytes <count>', "the size of an event's data", positiveInteger, 250)
    .option(
      '--results <count>',
      'how many different results an event has: operations, arguments and claims that differ',
      positiveInteger,
      1,
    )
    .option(
      '--busy <share>',
      'the share of a core to plan for; the rest is for peaks and reconnects',
      share,
      0.5,
    )
    .option('--connections <count>', 'how many connections a gateway may hold', positiveInteger, 50_000)
    .option(
      '--constants <file>',
      'what things cost on your machine: the output of `npm run bench -- constants`',
    )
    .option('--json', 'print JSON, with microseconds, KiB and bytes', false)
    .action(size);
}

interface SizeOptions extends Demand, Limits {
  readonly constants?: string;
  readonly json: boolean;
}

async function size({ constants: file, json, ...asked }: SizeOptions): Promise<void> {
  const constants = file === undefined ? MEASURED : await constantsFrom(file);
  const { subscribers, selectivity, results } = asked;
  const getting = Math.max(1, Math.ceil(subscribers * selectivity));
  if (results > getting)
    throw new UserError(
      `--results is ${results}, but only ${getting} of the subscribers get an event: give at most ${getting}.`,
      2,
    );
  const idleUs = Math.max(constants.gatewayUs, constants.relayIdleUs);
  if (asked.busy * 1_000_000 <= idleUs)
    throw new UserError(
      `--busy is ${asked.busy}: a process that does nothing uses as much. Give more than ${idleUs / 1_000_000}.`,
      2,
    );
  const found = sizeOf(asked, constants, asked);
  if (found === undefined)
    throw new UserError(
      'No number of gateways carries this: to hear so many events alone fills the share of a core that is planned for. ' +
        'Give less to a gateway: fewer events, or several deployments, each with topics of its own.',
      1,
    );
  const limits = { busy: asked.busy, connections: asked.connections };
  process.stdout.write(
    json ? `${JSON.stringify(found, undefined, 2)}\n` : reportOf(asked, found, { constants, limits }),
  );
}

async function constantsFrom(file: string): Promise<Constants> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UserError(`The constants cannot be read: ${error.message}`, 2);
  });
  const parsed = CONSTANTS.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${file} has no constants as \`npm run bench -- constants\` writes them:\n${prettifyError(parsed.error)}`,
    2,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Reported as what is missing in it.
  }
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 1e9) return value;
  throw new InvalidArgumentError('Expected a number above 0 and up to 1,000,000,000.');
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number above 0 and up to 1.');
}
