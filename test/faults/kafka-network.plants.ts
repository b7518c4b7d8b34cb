import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D1 D3 an append whose answer is cut off is retried and written once',
    guard: 'a retry sends the same records under the same sequence numbers',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'if (outcome.sent) undecided.add(batch);',
    replace: 'if (outcome.sent) { undecided.add(batch); producer.advance(batch, batch.records.length); }',
  },
  {
    case: 'D1 a mutation is PUBLISH_UNCERTAIN when its connection is reset under the append and Kafka stays unreachable',
    guard: 'a request whose connection was reset may have reached the broker',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'return retryAll(error, true);',
    replace: 'return retryAll(error, false);',
  },
  {
    case: 'D2 D3 connections to Kafka that are cut again and again, and refused for a while, lose nothing',
    guard: 'a failed fetch is retried',
    file: 'src/adapters/kafka/group/group-fetcher.ts',
    find: 'for (const { topic } of partitions) this.#connection.forget(topic);',
    replace: 'throw cause;',
  },
  {
    case: 'D1 D3 a mutation is PUBLISH_UNCERTAIN when Kafka answers after its deadline, and nothing is shown twice',
    guard: 'a request that was sent and not answered is uncertain',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'for (const batch of sent) undecided.add(batch);',
    replace: '',
  },
  {
    case: 'D1 D2 mutations fail typed and in time while the network to Kafka swallows everything, and recover afterwards',
    guard: 'a connection with an unanswered request is reopened',
    file: 'src/adapters/kafka/wire/sockets.ts',
    find: "socket.destroy(new Error('Kafka does not answer; reconnecting'));",
    replace: '',
  },
  {
    case: 'D2 D9 a relay whose traffic is held back for longer than its session rejoins its group when all of it arrives',
    guard: 'a member that its group has forgotten rejoins',
    file: 'src/adapters/kafka/group/heartbeat.ts',
    find: 'if (signal.aborted || isGenerationError(type) || !retriable || expired) throw error;',
    replace: 'if (signal.aborted) throw error;',
  },
];
