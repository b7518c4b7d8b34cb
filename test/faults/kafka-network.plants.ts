import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'cut whenever the answer to an append',
    guard: 'a retry repeats the same records under the same sequence numbers',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'if (outcome.sent) undecided.add(batch);',
    replace: 'if (outcome.sent) { undecided.add(batch); producer.advance(batch, batch.records.length); }',
  },
  {
    case: 'reset under an append',
    guard: 'a request whose connection was reset may have reached the broker',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'return retryAll(error, true);',
    replace: 'return retryAll(error, false);',
  },
  {
    case: 'cut altogether, again and again',
    guard: 'a fetch that failed is tried again',
    file: 'src/adapters/kafka/group/group-fetcher.ts',
    find: 'for (const { topic } of partitions) this.#connection.forget(topic);',
    replace: 'throw cause;',
  },
  {
    case: 'late by more than a mutation may take',
    guard: 'what was sent and not answered is said to be uncertain',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'for (const batch of sent) undecided.add(batch);',
    replace: '',
  },
  {
    case: 'swallowed without closing',
    guard: 'a connection on which a request went unanswered is made anew',
    file: 'src/adapters/kafka/wire/sockets.ts',
    find: "socket.destroy(new Error('Kafka does not answer; reconnecting'));",
    replace: '',
  },
  {
    case: 'nothing arrives for longer than a session',
    guard: 'a member that its group has forgotten joins anew',
    file: 'src/adapters/kafka/group/heartbeat.ts',
    find: 'if (signal.aborted || isGenerationError(type) || !retriable || expired) throw error;',
    replace: 'if (signal.aborted) throw error;',
  },
];
