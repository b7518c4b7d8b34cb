import { Deadline } from '../../core/deadline.js';
import { RecordDecoder } from '../../core/record-decoder.js';
import { oneLine } from '../../core/terminal-text.js';
import { openBackends } from '../../node/backends.js';
import { topicFormats, topicNames } from '../../node/topics.js';
import { openLogger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import { holds, reportLines, reportOn } from '../../placement/topic-report.js';
import type { Loaded } from '../load.js';

/** How many of its newest records are read of each topic. */
const RECORDS = 500;
const LOG_TIMEOUT_MS = 60_000;

/**
 * Compares what the schema declares of its topics with their newest records, and prints what it finds.
 * @param json one JSON object for each topic, on a line of its own
 * @returns whether everything that is declared holds, and every topic exists
 */
export async function checkLive({ config, project, bindings }: Loaded, json: boolean): Promise<boolean> {
  await using backends = await openBackends({ config, project }, new Metrics(), openLogger(config.LOG_LEVEL));
  using deadline = new Deadline(LOG_TIMEOUT_MS);
  const { log } = backends;
  const { signal } = deadline;
  const decoder = new RecordDecoder(topicFormats(bindings, project, backends.registry));
  const stateful = (project.services ?? []).filter(({ initial }) => initial !== undefined);
  const names = topicNames(bindings, stateful);
  const existing = await log.describe(names, signal);
  let isRight = true;
  const print = (value: unknown, lines: readonly string[]): void =>
    void process.stdout.write(`${json ? oneLine(JSON.stringify(value)) : lines.join('\n')}\n`);
  for (const topic of [...names].sort((a, b) => a.localeCompare(b))) {
    if (!existing.has(topic)) {
      isRight = false;
      print({ topic, isMissing: true, holds: false }, [`${topic}: the topic does not exist`]);
      continue;
    }
    const types = bindings.topics.get(topic)?.types ?? new Set();
    const statefulServices = stateful.filter((one) => one.topics.includes(topic)).map(({ name }) => name);
    const options = { log, decoder, types, statefulServices, records: RECORDS };
    const report = await reportOn(topic, options, signal);
    isRight &&= holds(report);
    print({ ...report, holds: holds(report) }, reportLines(report));
  }
  return isRight;
}
