import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'aborted records are never shown',
    guard: 'records of a transaction that was aborted are left out',
    file: 'src/adapters/kafka/wire/fetch.ts',
    find: 'if (batch.isTransactional && open.has(batch.producerId)) continue;',
    replace: '',
  },
  {
    case: 'aborted records are never shown',
    guard: 'what is read reaches past control records',
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
    case: 'compaction passes a held cursor',
    guard: 'an event that is no longer at its place is no proof of another topic',
    file: 'src/hub/cursor-verifier.ts',
    find: 'if (event?.offset !== reached.offset) return true;',
    replace: 'if (event?.offset !== reached.offset) return false;',
  },
  {
    case: 'retention passes a replay',
    guard: 'what is read begins where it was asked to begin, or nowhere',
    file: 'src/adapters/kafka/read.ts',
    find: 'throw new OffsetOutOfRange({ topic, partition, offset: range.from }, bounds);',
    replace: 'range = { ...range, from: bounds.earliest };',
  },
  {
    case: 'retention passes a held cursor',
    guard: 'the cursor that comes with the error lies where the log begins',
    file: 'src/hub/cursor-verifier.ts',
    find: 'reached.offset < before ?',
    replace: 'reached.offset > before ?',
  },
  {
    case: 'retention passes a relay',
    guard: 'the progress of the relays moves to where the log begins',
    file: 'src/relay/partition-relay.ts',
    find: 'await this.#reset(token, offset(earliest - 1));',
    replace: "if (token === '') await this.#reset(token, offset(earliest - 1));",
  },
  {
    case: 'a topic is deleted and made anew',
    guard: 'whoever follows a topic that is another one is told',
    file: 'src/hub/followed-partitions.ts',
    find: 'partition.end(EventsLost.byRecreation(topic));',
    replace: '',
  },
  {
    case: 'partitions are added',
    guard: 'a subscription follows the partitions that are added to its topic',
    file: 'src/subscribe/delivery/subscription.ts',
    find: 'if (now.id !== running.topic.id || now.partitions <= running.topic.partitions) return;',
    replace: 'if (now.id === running.topic.id) return;',
  },
  {
    case: 'partitions are added',
    guard: 'whoever resumes gets all of the partitions that its cursor does not know',
    file: 'src/subscribe/start/start-positions.ts',
    find: 'if (!starts.has(number)) starts.set(number, start);',
    replace: 'if (starts.has(number)) starts.set(number, start);',
  },
];
