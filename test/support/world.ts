import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStateStore } from '../../src/adapters/embedded/state-store.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { openInProcessFanout } from '../../src/adapters/memory/fanout.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, offset, partition, type Topic, topic } from '../../src/core/ids.js';
import type { KeyFormat } from '../../src/core/key-format.js';
import type { Position, TopicIdPartition } from '../../src/core/position.js';
import type { LogRecord } from '../../src/core/record.js';
import type { TopicFormat } from '../../src/core/topic-format.js';
import { DeadLetters } from '../../src/dead-letters/dead-letters.js';
import { Hub } from '../../src/hub/hub.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import { TopicLayouts } from '../../src/placement/topic-layouts.js';
import type { Fanout } from '../../src/ports/fanout.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { Relay } from '../../src/relay/relay.js';
import { type ScriptedLog, scripted } from './scripted-log.js';

/** A log, a fan-out, and what runs between them, in this process. */
export interface World extends AsyncDisposable {
  readonly log: ScriptedLog;
  readonly fanout: Fanout;
  readonly state: StateStore;
  readonly layouts: TopicLayouts;
  readonly metrics: Metrics;
  readonly deadLetters: DeadLetters;
  readonly topic: Topic;
  readonly formats: ReadonlyMap<Topic, TopicFormat>;
  /** @param of the formats of the relay's schema, if it is another one */
  relay(of?: ReadonlyMap<Topic, TopicFormat>): Promise<Relay>;
  /** A partition of the topic as it is now. */
  at(number: number): Promise<TopicIdPartition>;
  hub(fanout?: Fanout): Hub;
  /** Appends events `{n}` of type `Said` under a key. */
  say(
    key: string,
    numbers: readonly number[],
    options?: { readonly idempotent?: boolean; readonly text?: string },
  ): Promise<readonly Position[]>;
  /** Appends a record of type `Said` with invalid data. */
  mumble(key: string): Promise<readonly Position[]>;
  /** All records of the topic's dead letters. */
  letters(): Promise<readonly LogRecord[]>;
}

export async function openWorld({
  partitions = 1,
  windowEvents = 1_000,
  ringEvents = 1_000,
  indexed = [] as readonly string[],
  /** How the keys of the topic read. */
  key = undefined as KeyFormat | undefined,
  /** What fields read of the headers and attributes of records. */
  carried = undefined as TopicFormat['carried'],
  /** The rest of the topic's format. */
  format = {} as Partial<TopicFormat>,
} = {}): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-world-'));
  const store = openEmbeddedStore({ dir });
  const log = scripted(openEmbeddedLog(store));
  const fanout = openInProcessFanout({ windowEvents });
  const metrics = new Metrics();
  const logger = openLogger('silent');
  const name = topic('said');
  const formats = new Map<Topic, TopicFormat>([
    [name, { kind: 'CLOUDEVENTS', indexed, ...(key && { key }), ...(carried && { carried }), ...format }],
  ]);
  const state = openEmbeddedStateStore(store);
  const layouts = new TopicLayouts(state, formats, log);
  const deadLetters = new DeadLetters({ log, metrics, logger });
  const made: AsyncDisposable[] = [deadLetters];
  const signal = AbortSignal.timeout(120_000);
  const spec = { replicas: 1, config: {} };
  await log.ensureTopics(
    [
      { topic: name, partitions, ...spec },
      { topic: topic('said.dlt'), partitions: 1, ...spec },
    ],
    { create: true },
    signal,
  );
  return {
    log,
    fanout,
    state,
    layouts,
    metrics,
    deadLetters,
    topic: name,
    formats,
    relay: async (of = formats) => {
      const relay = await Relay.start(
        { log, fanout, metrics, logger, formats: of, layouts, group: 'relay', windowEvents },
        signal,
      );
      made.push(relay);
      return relay;
    },
    at: async (number) => {
      const topicId = (await log.describe([name], signal)).get(name)?.id;
      return { topic: name, partition: partition(number), topicId };
    },
    hub: (over = fanout) => {
      const ring = { events: ringEvents, bytes: 1 << 24 };
      const hub = new Hub({ log, fanout: over, formats, layouts, metrics, logger, ring, lingerMs: 1_000 });
      made.push(hub);
      return hub;
    },
    say: (key, numbers, { idempotent = false, text } = {}) =>
      log.append(
        numbers.map((n) =>
          encodeEvent(name, {
            id: eventId(idempotent ? `same-${n}` : `${key}-${n}-${Math.random()}`),
            source: '/test',
            type: 'Said',
            subject: key,
            time: new Date().toISOString(),
            idempotent: idempotent ? true : undefined,
            data: Buffer.from(JSON.stringify({ n, text })),
          }),
        ),
        signal,
      ),
    mumble: (key) => {
      const headers = { ce_specversion: '1.0', ce_id: `mumbled-${key}`, ce_source: '/test', ce_type: 'Said' };
      const value = Buffer.from('{"n":null}');
      return log.append([{ topic: name, key, headers: { ...headers, own: 'header' }, value }], signal);
    },
    letters: async () => {
      const records: LogRecord[] = [];
      const range = { topic: topic('said.dlt'), partition: partition(0), from: offset(0) };
      for await (const batch of log.read(range, signal)) records.push(...batch.records);
      return records;
    },
    [Symbol.asyncDispose]: async () => {
      for (const part of made.reverse()) await part[Symbol.asyncDispose]();
      await fanout[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The fan-out with some of its messages lost on the way to listeners. */
export function lossy(fanout: Fanout, drop: (message: number) => boolean): Fanout {
  let message = 0;
  return new Proxy(fanout, {
    get(target, name) {
      if (name === 'follow') {
        const follow: Fanout['follow'] = (at, listener) =>
          target.follow(at, {
            relayed: (prev, events, id) => {
              if (!drop(message++)) listener.relayed(prev, events, id);
            },
            beat: (newest) => listener.beat(newest),
            layoutChanged: () => listener.layoutChanged(),
            resumed: () => listener.resumed(),
          });
        return follow;
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
