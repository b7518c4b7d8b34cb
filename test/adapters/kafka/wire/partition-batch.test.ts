import { describe, expect, it } from 'vitest';
import { BATCH_HEADER_BYTES } from '../../../../src/adapters/kafka/wire/batch-layout.js';
import { packBatches, roundsOf } from '../../../../src/adapters/kafka/wire/partition-batch.js';
import { partition, topic } from '../../../../src/core/ids.js';
import { partitionOfKey } from '../../../../src/core/partitioner.js';
import type { NewRecord } from '../../../../src/core/record.js';
import { recordBytes } from '../../../../src/core/size.js';
import { MAX_BATCH_BYTES } from '../../../../src/ports/event-log.js';

const t = topic('t');
/** A record that counts as `bytes`. */
function sized(bytes: number, key: string | null = 'k'): NewRecord {
  const empty: NewRecord = { topic: t, key, headers: {}, value: Buffer.alloc(0) };
  return { ...empty, value: Buffer.alloc(bytes - recordBytes(empty)) };
}
const layouts = (partitions: number, maxBytes = 1_048_588) => new Map([[t, { partitions, maxBytes }]]);
const indexesOf = (batches: ReturnType<typeof packBatches>) => batches.map(({ indexes }) => indexes);
let turn = 0;
const roundRobin = (): number => turn++;

describe('packBatches', () => {
  it('D1: packs what the publisher gathers into one batch of a partition, so that it is written in one round', () => {
    const half = MAX_BATCH_BYTES / 2;
    expect(indexesOf(packBatches([sized(half), sized(half)], layouts(1), roundRobin))).toEqual([[0, 1]]);
    const more = packBatches([sized(half), sized(half), sized(100)], layouts(1), roundRobin);
    expect(indexesOf(more)).toEqual([[0, 1], [2]]);
  });

  it('keeps a batch, with its header, below a lower limit of the topic', () => {
    const records = [sized(100), sized(100), sized(100)];
    const fits = packBatches(records, layouts(1, 300 + BATCH_HEADER_BYTES), roundRobin);
    expect(indexesOf(fits)).toEqual([[0, 1, 2]]);
    const tight = packBatches(records, layouts(1, 299 + BATCH_HEADER_BYTES), roundRobin);
    expect(indexesOf(tight)).toEqual([[0, 1], [2]]);
  });

  it('puts a record where its partition says, or else its key, or else the next turn', () => {
    turn = 1;
    const records = [
      { ...sized(100), partition: partition(2) },
      sized(100),
      sized(100, null),
      sized(100, null),
    ];
    const places = new Map<number, number>();
    for (const { partition: at, indexes } of packBatches(records, layouts(3), roundRobin)) {
      for (const index of indexes) places.set(index, at);
    }
    expect([0, 1, 2, 3].map((index) => places.get(index))).toEqual([2, partitionOfKey('k', 3), 1, 2]);
  });

  it('D3: writes the batches of one partition one after the other, and those of different ones together', () => {
    const large = MAX_BATCH_BYTES - 100;
    const on = (number: number): NewRecord => ({ ...sized(large), partition: partition(number) });
    const batches = packBatches([on(0), on(0), on(1), on(0)], layouts(2), roundRobin);
    const rounds = roundsOf(batches).map((round) => round.map(({ indexes }) => indexes[0]));
    expect(rounds).toEqual([[0, 2], [1], [3]]);
  });
});
