import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'cut whenever the answer to an append',
    guard: 'a retry repeats the same records under the same sequence numbers',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'if (outcome.sent) undecided.add(portion);',
    replace:
      'if (outcome.sent) { undecided.add(portion); producer.advance(portion, portion.records.length); }',
  },
  {
    case: 'reset under an append',
    guard: 'a request whose connection was reset may have reached the broker',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'return again(error, true);',
    replace: 'return again(error, false);',
  },
  {
    case: 'cut altogether, again and again',
    guard: 'a fetch that failed is tried again',
    file: 'src/adapters/kafka/group/group-fetch.ts',
    find: 'for (const { topic } of wants) connection.forget(topic);',
    replace: 'throw cause;',
  },
  {
    case: 'late by more than a mutation may take',
    guard: 'what was sent and not answered is said to be uncertain',
    file: 'src/adapters/kafka/produce/produce.ts',
    find: 'for (const portion of sent) undecided.add(portion);',
    replace: '',
  },
  {
    case: 'swallowed without closing',
    guard: 'a connection on which a request went unanswered is made anew',
    file: 'src/adapters/kafka/wire/sockets.ts',
    find: "socket.destroy(new Error('Kafka does not answer; connecting again'));",
    replace: '',
  },
  {
    case: 'nothing arrives for longer than a session',
    guard: 'a member that its group has forgotten joins anew',
    file: 'src/adapters/kafka/group/member.ts',
    find: 'if (signal.aborted || REJOIN.has(type) || !retriable || late) throw error;',
    replace: 'if (signal.aborted) throw error;',
  },
];
