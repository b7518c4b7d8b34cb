import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D2 D4 records of aborted transactions are never shown, and a partition that ends in control records blocks nobody',
    guard: 'records of aborted transactions are skipped',
    file: 'src/adapters/kafka/wire/fetch.ts',
    find: 'if (batch.isTransactional && open.has(batch.producerId)) continue;',
    replace: '',
  },
  {
    case: 'D2 D4 records of aborted transactions are never shown, and a partition that ends in control records blocks nobody',
    guard: 'a read advances past control records',
    file: 'src/adapters/kafka/wire/fetch.ts',
    find: 'last = offset(batch.last);',
    replace: 'if (!batch.isControl) last = offset(batch.last);',
    also: [
      {
        file: 'src/adapters/kafka/wire/fetch.ts',
        find: 'return fetched.end > from ? offset(fetched.end - 1) : undefined;',
        replace: 'return undefined;',
      },
    ],
  },
  {
    case: 'D4 D5 a cursor whose event was compacted away resumes with exactly what is left',
    guard: 'an event that is no longer at its position does not prove a recreated topic',
    file: 'src/hub/cursor-verifier.ts',
    find: 'if (event?.offset !== reached.offset) return true;',
    replace: 'if (event?.offset !== reached.offset) return false;',
  },
  {
    case: 'D5 D8 a replay that its client holds up ends with RESYNC_REQUIRED when retention passes it, and skips nothing',
    guard: 'a read starts at the requested offset or fails',
    file: 'src/adapters/kafka/read.ts',
    find: 'throw new OffsetOutOfRange({ topic, partition, offset: range.from }, bounds);',
    replace: 'range = { ...range, from: bounds.earliest };',
  },
  {
    case: 'D5 a cursor that retention has passed gets RESYNC_REQUIRED, with a cursor after which everything that is left follows',
    guard: '`earliest` is where the log begins',
    file: 'src/hub/cursor-verifier.ts',
    find: 'reached.offset < before ?',
    replace: 'reached.offset > before ?',
  },
  {
    case: 'D5 live subscribers get RESYNC_REQUIRED when retention passes a stopped relay, and the next relay continues',
    guard: "the relay's progress moves to where the log begins",
    file: 'src/relay/partition-relay.ts',
    find: 'await this.#reset(token, offset(earliest - 1));',
    replace: "if (token === '') await this.#reset(token, offset(earliest - 1));",
  },
  {
    case: 'D5 subscribers and cursors of a topic that is deleted and recreated get RESYNC_REQUIRED, and the new topic works at once',
    guard: 'followers of a recreated topic are notified',
    file: 'src/hub/followed-partitions.ts',
    find: 'partition.end(EventsLost.byRecreation(topic));',
    replace: '',
  },
  {
    case: 'D2 D3 D4 partitions that are added while events are published are followed, moved keys included, and earlier cursors resume',
    guard: 'a subscription follows the partitions that are added to its topic',
    file: 'src/subscribe/delivery/subscription.ts',
    find: 'if (now.id !== running.topic.id) return;',
    replace: 'if (now.id === running.topic.id) return;',
  },
  {
    case: 'D2 D3 D4 partitions that are added while events are published are followed, moved keys included, and earlier cursors resume',
    guard: 'a resumed subscription gets all of the partitions that its cursor does not know',
    file: 'src/subscribe/start/start-positions.ts',
    find: 'if (!starts.has(number)) starts.set(number, start);',
    replace: 'if (starts.has(number)) starts.set(number, start);',
  },
];
