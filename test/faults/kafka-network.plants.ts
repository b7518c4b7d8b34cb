import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'cut whenever the answer to an append',
    guard: 'a retry repeats the same records under the same sequence numbers',
    file: 'src/adapters/kafka/produce.ts',
    find: 'if (outcome.sent) undecided.add(portion);',
    replace:
      'if (outcome.sent) { undecided.add(portion); producer.advance(portion, portion.records.length); }',
  },
  {
    case: 'late by more than a mutation may take',
    guard: 'what was sent and not answered is said to be uncertain',
    file: 'src/adapters/kafka/produce.ts',
    find: 'for (const portion of sent) undecided.add(portion);',
    replace: '',
  },
];
