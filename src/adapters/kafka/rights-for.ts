import { partition, type Topic } from '../../core/ids.js';
import type { LogUse } from '../../ports/event-log.js';
import { transactionalIdOf } from './group/partition-commits.js';
import { APPEND_ID_PREFIX } from './produce/append-transactions.js';
import type { Right } from './wire/refused.js';

/** The rights that a process will need on Kafka, as docs/operating.md lists them. */
export function rightsFor({
  reads = [],
  writes = [],
  appendsAtomically = false,
  commits = [],
}: LogUse): readonly Right[] {
  const append: Right = { on: 'transactional id', name: APPEND_ID_PREFIX, right: 'WRITE' };
  return [
    ...reads.map((name): Right => ({ on: 'topic', name, right: 'READ' })),
    ...writes.map((name): Right => ({ on: 'topic', name, right: 'WRITE' })),
    ...(appendsAtomically ? [append] : []),
    ...commits.flatMap(({ group, topics }) => topics.map((topic) => ofCommits(group, topic))),
  ];
}

/** Every topic has the partition 0, and the right is for all ids of the group. */
const ofCommits = (group: string, topic: Topic): Right => ({
  on: 'transactional id',
  name: transactionalIdOf(group, { topic, partition: partition(0) }),
  right: 'WRITE',
});
