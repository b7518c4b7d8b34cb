import { offset } from '../../../core/ids.js';
import type { Position } from '../../../core/position.js';
import type { Connection } from '../wire/connection.js';
import { maybePublished } from '../wire/failures.js';
import { type PartitionBatch, roundsOf } from '../wire/partition-batch.js';
import type { ProducerId } from '../wire/producer-id.js';
import { produce } from './produce.js';

/**
 * Writes all batches; those of one partition one after the other.
 * @returns the position of each of `count` records, in the order of the caller's list
 * @throws {MillraceError} what `produce` throws; PUBLISH_UNCERTAIN when a later round fails, since the rounds
 *   before it are written
 */
export async function writeAll(
  connection: Connection,
  producer: ProducerId,
  batches: readonly PartitionBatch[],
  count: number,
  signal: AbortSignal,
): Promise<readonly Position[]> {
  const positions = new Array<Position>(count);
  for (const [number, round] of roundsOf(batches).entries()) {
    const bases = await produce(connection, producer, round, signal).catch((error: unknown) => {
      throw number === 0 ? error : maybePublished(error);
    });
    for (const [i, { topic, partition, indexes }] of round.entries()) {
      for (const [n, index] of indexes.entries()) {
        positions[index] = { topic, partition, offset: offset((bases[i] ?? 0) + n) };
      }
    }
  }
  return positions;
}
