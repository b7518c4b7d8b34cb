import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D1 D3 records that only a dead leader had were never acknowledged, and acknowledged ones are there, in order',
    guard: 'a mutation succeeds once every in-sync replica has its event',
    file: 'src/adapters/kafka/wire/produce-request.ts',
    find: 'const ACKS = -1;',
    replace: 'const ACKS = 1;',
  },
  {
    test: 'test/adapters/kafka/group/assignment.test.ts',
    case: 'D3: after the handler fails, an answer to an earlier fetch is not handled before the batch that failed',
    guard: 'what was fetched before the position was reset is dropped',
    file: 'src/adapters/kafka/group/assignment-state.ts',
    find: 'const epoch = current.epoch + 1;',
    replace: 'const epoch = current.epoch;',
  },
  {
    test: 'test/adapters/kafka/group/partition-commits.test.ts',
    case: 'D9: a former owner that commits until it is fenced makes the batch start over',
    guard: 'an owner compares the progress once nobody else can move it',
    file: 'src/adapters/kafka/group/partition-commits.ts',
    find: 'if (progress !== this.#progress) {',
    replace: 'if (progress === null) {',
  },
  {
    test: 'test/adapters/kafka/produce/transactional-producer.test.ts',
    case: 'D1: does not know the outcome when the commit gets no answer, nor when its retry is refused',
    guard: 'a commit that was sent and not acknowledged is uncertain',
    file: 'src/adapters/kafka/produce/transaction.ts',
    find: "return { transaction: UNIDENTIFIED, outcome: 'uncertain', abort: undefined };",
    replace: "return { transaction: UNIDENTIFIED, outcome: 'aborted', abort: undefined };",
  },
  {
    test: 'test/adapters/kafka/produce/writer.test.ts',
    case: 'D1: each append ends by its own deadline while no broker gives the producer an identity',
    guard: "waiting for a producer's identity ends with the mutation's deadline",
    file: 'src/adapters/kafka/produce/writer.ts',
    find: 'await withSignal(known, signal);',
    replace: 'await known;',
  },
  {
    case: 'D1 D3 a rolling restart of all brokers loses no acknowledged event and keeps the order',
    guard: 'stale metadata about leaders is fetched again',
    file: 'src/adapters/kafka/wire/connection.ts',
    find: 'this.#layouts.delete(topic);',
    replace:
      'const old = this.#layouts.get(topic); if (old) this.#layouts.set(topic, { ...old, asOf: Infinity });',
  },
  {
    case: 'D1 mutations that are retried with their idempotency keys through a leader change act once',
    guard: 'the event id is derived from the idempotency key',
    file: 'src/publish/publisher.ts',
    find: 'if (key === undefined) return',
    replace: "if (key !== '') return",
  },
  {
    case: 'D1 mutations that are retried with their idempotency keys through a leader change act once',
    guard: 'an event with an idempotency key is marked as idempotent, and its duplicate is ignored',
    file: 'src/publish/publisher.ts',
    find: 'idempotent: idempotencyKey === undefined ? undefined : true,',
    replace: 'idempotent: undefined,',
  },
  {
    case: 'D1 mutations that are retried with their idempotency keys through a leader change act once',
    guard: 'a service ignores duplicate inputs, and marks outputs of duplicates as idempotent',
    file: 'src/services/batch-processor.ts',
    find: 'if (!this.#deduplicator.admit(scope, event, idempotentIds)) continue;',
    replace: '',
    also: [
      {
        file: 'src/services/output-encoder.ts',
        find: 'idempotent: cause.idempotent,',
        replace: 'idempotent: undefined,',
      },
    ],
  },
  {
    case: 'D1 D2 relays that lose their group coordinator continue, and their progress is kept',
    guard: 'a failed coordinator is looked up again',
    file: 'src/adapters/kafka/wire/connection.ts',
    find: 'this.#coordinators.delete(name);',
    replace: '',
  },
];
