import { randomUUID } from 'node:crypto';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, offset, partition, type Topic, topic } from '../../src/core/ids.js';
import type { LogRecord } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { RecordEncoder } from '../../src/core/record-encoder.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { Service } from '../../src/services/service.js';
import type { ServiceRunnerOptions } from '../../src/services/service-runner.js';
import { readRecords, soon } from './event-log-tools.js';

export const PARTITIONS = 3;

/** The topics and the consumer group of one service, with unique names. */
export interface Bench {
  readonly log: EventLog;
  readonly input: Topic;
  readonly output: Topic;
  readonly group: string;
}

export async function newBench(log: EventLog): Promise<Bench> {
  const id = randomUUID().slice(0, 8);
  const [input, output] = [topic(`counted.${id}`), topic(`counts.${id}`)];
  const spec = { partitions: PARTITIONS, replicas: 1, config: {} };
  await log.ensureTopics(
    [input, output].map((name) => ({ topic: name, ...spec })),
    { create: true },
    soon(),
  );
  return { log, input, output, group: `counter-${id}` };
}

export interface Count {
  readonly n: number;
}

/** Counts the events of each key in steps of `step`, and emits the count after each. `Reset` starts over. */
export function counter({ input, output }: Bench, step = 1): Service<Count> {
  return {
    name: 'counter',
    topics: [input],
    initial: { n: 0 },
    handle({ type, key, data }, { state }) {
      if (type === 'Reset') return { state: { n: 0 } };
      const n = state.n + step;
      const said = { topic: output, type: 'Counted', key: key ?? '', data: { n, i: data?.['i'] } };
      return { state: { n }, events: [said] };
    },
  };
}

export function optionsOf(bench: Bench, service: Service<Count> = counter(bench)): ServiceRunnerOptions {
  return {
    log: bench.log,
    group: bench.group,
    service,
    decoder: new RecordDecoder(),
    encoder: new RecordEncoder(),
  };
}

/** The `i`th event of each of `keys`. */
export async function put(
  { log, input }: Bench,
  keys: readonly string[],
  numbers: Iterable<number>,
  more: { type?: string; idempotent?: true } = {},
) {
  const records = [...numbers].flatMap((i) =>
    keys.map((key) =>
      encodeEvent(input, {
        id: eventId(`${key}-${i}`),
        source: '/gateway',
        type: 'Happened',
        subject: key,
        time: '2026-01-31T09:30:00Z',
        correlationId: undefined,
        traceparent: undefined,
        data: Buffer.from(JSON.stringify({ i })),
        ...more,
      }),
    ),
  );
  await log.append(records, soon());
}

/** The emitted counts of each key, in order: the count after its `i`th event. */
export async function counts({ log, output }: Bench): Promise<Map<string, { n: number; i: number }[]>> {
  const said = new Map<string, { n: number; i: number }[]>();
  for (let p = 0; p < PARTITIONS; p++) {
    for (const { key, value } of await readRecords(log, { topic: output, partition: partition(p) })) {
      const list = said.get(key ?? '') ?? [];
      said.set(key ?? '', list);
      list.push(JSON.parse(value?.toString() ?? '{}'));
    }
  }
  return said;
}

/** The newest record of each key of a state topic. */
export async function states(log: EventLog, name: Topic): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  for (let p = 0; p < PARTITIONS; p++) {
    const records: LogRecord[] = await readRecords(log, { topic: name, partition: partition(p) }, offset(0));
    for (const { key, value } of records)
      if (key?.startsWith('key/')) found.set(key.slice(4), value?.toString() ?? null);
  }
  return found;
}

export const upTo = (count: number, from = 0): number[] =>
  Array.from({ length: count - from }, (_, i) => i + from);

/** The log, with something that happens before the first append. */
export function appendingAfter(log: EventLog, before: () => Promise<void>): EventLog {
  let happened: Promise<void> | undefined;
  return new Proxy(log, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'append') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: Parameters<EventLog['append']>) => {
        happened ??= before();
        await happened;
        return target.append(...args);
      };
    },
  });
}
