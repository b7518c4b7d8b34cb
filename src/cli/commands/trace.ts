import { Command, InvalidArgumentError } from 'commander';
import { positionName } from '../../core/position.js';
import { RecordDecoder } from '../../core/record-decoder.js';
import { isoTime, oneLine, terminalText } from '../../core/terminal-text.js';
import { lineageLines } from '../../lineage/lineage-format.js';
import { type Lineage, readLineage } from '../../lineage/read-lineage.js';
import { type SourceTimes, stepTimes, timesBySource } from '../../lineage/step-times.js';
import { openBackends } from '../../node/backends.js';
import { topicFormats, topicNames } from '../../node/topics.js';
import { openLogger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import { load } from '../load.js';
import { positiveInteger } from '../options.js';
import { abortOnSignal } from '../signals.js';
import { UserError } from '../user-error.js';

const MAX_EVENTS = 10_000;
const MAX_NAME_CHARS = 60;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function traceCommand(): Command {
  return new Command('trace')
    .description('show the events that belong to one, each below its cause, by reading the log')
    .argument(
      '<id>',
      'the id of an event, a correlation id, a key such as an order id, an idempotency key, or a position such as shop.orders/3@17',
    )
    .option(
      '--since <time>',
      'where reading starts: a time such as 2026-01-31T09:30:00Z, or how long ago: 90s, 15m, 2h, 7d (1h)',
      since,
    )
    .option(
      '--records <n>',
      'the most records to read of each topic, the newest ones',
      positiveInteger,
      1_000_000,
    )
    .option('--json', 'print one JSON object per event and line', false)
    .action(trace);
}

interface TraceOptions {
  readonly since?: number;
  readonly records: number;
  readonly json: boolean;
}

async function trace(id: string, { since: from, records, json }: TraceOptions): Promise<void> {
  const loaded = await load();
  const { config, project, bindings } = loaded;
  const { services = [], views = [] } = project;
  const signal = abortOnSignal((name) => new UserError(`Stopped by ${name}.`, 1));
  await using backends = await openBackends(loaded, new Metrics(), openLogger(config.LOG_LEVEL));
  const options = {
    log: backends.log,
    decoder: new RecordDecoder(topicFormats(bindings, project, backends.registry)),
    topics: topicNames(bindings, [...services, ...views]),
    suffix: config.DEAD_LETTER_SUFFIX,
    since: from ?? Date.now() - (UNITS_MS['h'] ?? 0),
    recordsPerTopic: records,
    maxEvents: MAX_EVENTS,
  };
  const lineage = await readLineage(id, options, signal);
  const times = stepTimes(lineage.events);
  const lines = json
    ? lineage.events.map((event) => asJson(event, times.get(positionName(event))))
    : lineageLines(lineage.events);
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  for (const note of notes(lineage, id, options.since)) process.stderr.write(`millrace: ${note}\n`);
  if (lines.length === 0) process.exitCode = 1;
}

/** @param tookMs since its cause */
function asJson(event: Lineage['events'][number], tookMs: number | undefined): string {
  const { timestamp, deadLetters, offset, ...rest } = event;
  const letters = deadLetters.map(({ at, ...letter }) => ({ ...letter, at: positionName(at) }));
  const shown = { ...rest, offset: String(offset), time: isoTime(timestamp), tookMs, deadLetters: letters };
  return oneLine(JSON.stringify(shown));
}

function* notes(
  { events, records, notReadWhole, isCut }: Lineage,
  id: string,
  from: number,
): Generator<string> {
  const time = isoTime(from);
  const sources = timesBySource(events);
  if (sources.length > 0) yield `From cause to effect: ${sources.map(sourceTimes).join('; ')}.`;
  if (events.length === 0)
    yield `No event since ${time} has ${JSON.stringify(id)} as its id, correlation id, key, idempotency key or position. Read ${records} records. An earlier --since reads more.`;
  if (notReadWhole.length > 0)
    yield `Not all records since ${time} were read of ${notReadWhole.join(', ')}: raise --records, or give a later --since.`;
  if (isCut) yield `More than ${MAX_EVENTS} events belong to it; the others are not shown.`;
}

function sourceTimes({ source, events, totalMs, longestMs }: SourceTimes): string {
  const longest = events === 1 ? '' : ` (${events} events, the slowest ${longestMs} ms)`;
  return `${terminalText(source, MAX_NAME_CHARS)} ${totalMs} ms${longest}`;
}

function since(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return Date.now() - Number(count) * (UNITS_MS[unit] ?? 0);
  const time = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError(
      'Expected a time such as 2026-01-31T09:30:00Z, or a duration such as 15m.',
    );
  return time;
}
