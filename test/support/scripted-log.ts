import { type Offset, offset, type Partition, type Topic, topic } from '../../src/core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../../src/core/position.js';
import type { NewRecord } from '../../src/core/record.js';
import type { GroupHandler, GroupMember } from '../../src/ports/consumer-groups.js';
import { type Bounds, type EventLog, OffsetOutOfRange, TopicRecreated } from '../../src/ports/event-log.js';
import type { LogInspection } from '../../src/ports/log-inspection.js';
import {
  requireTransactions,
  type TransactionalBatch,
  type TransactionalCommit,
} from '../../src/ports/transactional-commit.js';

/** A log whose topics can be recreated and trimmed by a test, which the embedded log does not support. */
export interface ScriptedLog extends EventLog {
  /** Recreates the topic: it has another id, and is empty. */
  recreate(name: Topic, partitions: number): Promise<void>;
  /** Trims the partition: it begins at `earliest` from now on. */
  retain(at: TopicPartition, earliest: number): Promise<void>;
}

/** A recreated topic is another topic of `log`, with a hidden name. */
export function scripted(log: EventLog): ScriptedLog {
  const generations = new Map<Topic, number>();
  const begins = new Map<string, Offset>();
  const joined = new Set<() => Promise<void>>();
  const real = (name: Topic): Topic =>
    topic(generations.has(name) ? `${name}~${generations.get(name)}` : name);
  const shown = (name: Topic): Topic => topic(name.replace(/~\d+$/, ''));
  const earliest = (at: TopicPartition): Offset => begins.get(partitionName(at)) ?? offset(0);
  const bounds = async (name: Topic, signal: AbortSignal): Promise<readonly Bounds[]> => {
    const all = await log.bounds(real(name), signal);
    return all.map(({ end }, p) => {
      const at = { topic: real(name), partition: p as Partition };
      return { earliest: earliest(at), end: offset(Math.max(end, earliest(at))) };
    });
  };
  const renamedRecord = (one: NewRecord): NewRecord => ({ ...one, topic: real(one.topic) });
  const shownAt = (positions: readonly Position[]): readonly Position[] =>
    positions.map((at) => ({ ...at, topic: shown(at.topic) }));
  const handling = (handler: GroupHandler<TransactionalBatch>): GroupHandler<TransactionalBatch> => ({
    assigned: async (at, signal) => handler.assigned?.({ ...at, topic: shown(at.topic) }, signal),
    batch: (batch) => handler.batch(renamed(batch, shown(batch.topic))),
  });
  const rejoinAll = async (): Promise<void> => {
    for (const rejoin of joined) await rejoin();
  };
  const transactions = requireTransactions(log, 'scripted logs');
  const join: TransactionalCommit['join'] = async ({ group, topics, ...options }, handler, signal) => {
    const joinReal = () =>
      transactions.join({ group, topics: topics.map(real), ...options }, handling(handler), signal);
    let member: GroupMember = await joinReal();
    const rejoin = async (): Promise<void> => {
      await member[Symbol.asyncDispose]();
      member = await joinReal();
    };
    joined.add(rejoin);
    return {
      ended: new Promise(() => undefined),
      [Symbol.asyncDispose]: async () => {
        joined.delete(rejoin);
        await member[Symbol.asyncDispose]();
      },
    };
  };
  return {
    description: log.description,
    partitionOfKey: log.partitionOfKey,
    inspection: log.inspection && {
      groups: (topics, limit, signal) => requireInspection(log).groups(topics.map(real), limit, signal),
      ends: async (topics, signal) => {
        const found = await Promise.all(
          topics.map(async (name) => [name, await bounds(name, signal)] as const),
        );
        return new Map(found.map(([name, all]) => [name, all.map(({ end }) => end)]));
      },
      topics: (signal) => requireInspection(log).topics(signal),
    },
    ensureTopics: (specs, options, signal) => log.ensureTopics(specs, options, signal),
    checkAccess: async () => {},
    describe: async (names, signal) => {
      const found = await log.describe(names.map(real), signal);
      return new Map([...found].map(([name, one]) => [shown(name), one]));
    },
    append: async (records, signal) => shownAt(await log.append(records.map(renamedRecord), signal)),
    async *read(range, signal) {
      const at = { ...range, topic: real(range.topic) };
      if (range.from < earliest(at)) {
        const here = (await bounds(range.topic, signal))[range.partition];
        if (here !== undefined) throw new OffsetOutOfRange({ ...range, offset: range.from }, here);
      }
      try {
        for await (const batch of log.read(at, signal)) yield { ...batch, topic: range.topic };
      } catch (error) {
        throw error instanceof TopicRecreated ? new TopicRecreated(range.topic) : error;
      }
    },
    bounds,
    offsetAt: (name, partition, timestamp, signal) => log.offsetAt(real(name), partition, timestamp, signal),
    join,
    transactions: {
      appendAtomically: async (records, signal) =>
        shownAt(await transactions.appendAtomically(records.map(renamedRecord), signal)),
      join,
    },
    recreate: async (name, partitions) => {
      generations.set(name, (generations.get(name) ?? 0) + 1);
      const spec = { topic: real(name), partitions, replicas: 1, config: {} };
      await log.ensureTopics([spec], { create: true }, AbortSignal.timeout(30_000));
      await rejoinAll();
    },
    retain: async (at, first) => {
      begins.set(partitionName({ ...at, topic: real(at.topic) }), offset(first));
      await rejoinAll();
    },
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

/** The same batch: its methods stay its own. */
function renamed(batch: TransactionalBatch, name: Topic): TransactionalBatch {
  const { partition, records, last, end, signal } = batch;
  return {
    topic: name,
    partition,
    records,
    last,
    end,
    signal,
    commit: (outputs) => batch.commit(outputs),
  };
}

function requireInspection({ inspection }: EventLog): LogInspection {
  if (inspection === undefined) throw new Error('This log has no inspection');
  return inspection;
}
