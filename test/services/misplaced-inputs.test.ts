import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, partition, type Topic } from '../../src/core/ids.js';
import { partitionOfKey } from '../../src/core/partitioner.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { ResourceStack } from '../../src/core/resource-stack.js';
import { Metrics } from '../../src/observe/metrics.js';
import { serviceReports } from '../../src/observe/service-reports.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';
import { placingOf } from '../../src/placement/topic-layouts.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { ServiceRebuild } from '../../src/services/service-rebuild.js';
import { runService } from '../../src/services/service-runner.js';
import { POLL, soon } from '../contract/event-log-tools.js';
import {
  type Bench,
  counter,
  counts,
  newBench,
  optionsOf,
  PARTITIONS,
  put,
} from '../contract/service-state-tools.js';

const KEYS = ['a', 'b', 'c', 'd'];

describe('inputs of a service with state that do not lie in the partition of their key', () => {
  let stack: ResourceStack;
  let bench: Bench;
  beforeEach(async () => {
    stack = new ResourceStack();
    const dir = await mkdtemp(join(tmpdir(), 'millrace-misplaced-'));
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const store = stack.use(openEmbeddedStore({ dir }));
    bench = await newBench(stack.use(openEmbeddedLog(store)));
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  /** As a producer with another partitioner does: the `i`th event of each key lies one partition further on. */
  const misplace = (log: EventLog, i: number) =>
    log.append(
      KEYS.map((key) => {
        const event = {
          id: eventId(`${key}-${i}`),
          source: '/foreign',
          type: 'Happened',
          subject: key,
          time: '2026-01-31T09:30:00Z',
          data: Buffer.from(JSON.stringify({ i })),
        };
        const elsewhere = partition((partitionOfKey(key, PARTITIONS) + 1) % PARTITIONS);
        return { ...encodeEvent(bench.input, event), partition: elsewhere };
      }),
      soon(),
    );
  const placing = (log: EventLog) => (of: Topic) => placingOf(of, new Map(), log);
  const rebuild = () => {
    const { log, group } = bench;
    const options = { log, group, service: counter(bench), decoder: new RecordDecoder(), replicas: 1 };
    return new ServiceRebuild({ ...options, placingOf: placing(log) });
  };

  it('D1 D2 are counted, each once however often its batch is tried, and are an alarm in the log, once for a topic', async () => {
    const metrics = new Metrics();
    const lines: Record<string, unknown>[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    using warnings = new WarningThrottle(pino({ level: 'silent' }));
    const service = counter(bench);
    let failures = 0;
    const failing: typeof service = {
      ...service,
      handle(event, context) {
        if (event.data?.['i'] === 1 && failures++ < 3) throw new Error('half way');
        return service.handle(event, context);
      },
    };
    const options = {
      ...optionsOf(bench, failing),
      placingOf: placing(bench.log),
      ...serviceReports(service, metrics, logger, warnings),
    };
    await put(bench, KEYS, [0]);
    await using _ = await runService(options, soon());
    await expect.poll(async () => (await counts(bench)).size, POLL).toBe(KEYS.length);
    expect((await metrics.serviceMisplaced.get()).values).toEqual([]);
    expect(lines).toEqual([]);
    await misplace(bench.log, 1);
    await misplace(bench.log, 2);
    const all = async () => [...(await counts(bench)).values()].flat().length;
    await expect.poll(all, POLL).toBe(3 * KEYS.length);
    expect(failures).toBeGreaterThan(3);
    expect((await metrics.serviceMisplaced.get()).values).toEqual([
      { labels: { service: 'counter', topic: bench.input }, value: 2 * KEYS.length },
    ]);
    expect(lines).toEqual([
      expect.objectContaining({
        service: 'counter',
        partitioner: 'MURMUR2',
        msg: expect.stringContaining('@topic'),
      }),
    ]);
  });

  it('D1 a rebuild that would leave the state of a key where its next events do not go is refused, and one from a later time is not', async () => {
    await put(bench, KEYS, [0]);
    const request = { onProgress: () => undefined, signal: soon() };
    await rebuild().run({ ...request, from: { kind: 'start' } });
    await misplace(bench.log, 1);
    await expect(rebuild().run({ ...request, from: { kind: 'start' } })).rejects.toThrow(
      /would be in counted\.\w+\/\d, but MURMUR2 puts its next events into partition \d.*the state in use is unchanged/i,
    );
    const time = Date.now() + 1;
    await expect.poll(() => Date.now(), POLL).toBeGreaterThan(time);
    await put(bench, KEYS, [2]);
    await rebuild().run({ ...request, from: { kind: 'time', time } });
  });

  it('D1 a service without state may have them', async () => {
    const seen: unknown[] = [];
    const service = { name: 'stateless', topics: [bench.input], handle: () => [] };
    let handled = 0;
    const options = {
      ...optionsOf(bench),
      service,
      placingOf: placing(bench.log),
      onMisplaced: (...given: unknown[]) => void seen.push(given),
      onHandled: (_at: unknown, { events }: { readonly events: number }) => {
        handled += events;
      },
    };
    await using _ = await runService(options, soon());
    await misplace(bench.log, 0);
    await expect.poll(() => handled, POLL).toBe(KEYS.length);
    expect(seen).toEqual([]);
  });
});
