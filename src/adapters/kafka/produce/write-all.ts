import { MillraceError } from '../../../core/errors.js';
import { offset } from '../../../core/ids.js';
import type { Position } from '../../../core/position.js';
import type { Connection } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import type { Portion } from '../wire/portions.js';
import { roundsOf } from '../wire/portions.js';
import type { ProducerId } from '../wire/producer-id.js';
import { produce } from './produce.js';

/**
 * Writes all portions, those of one partition one after the other.
 * @returns where each of `count` records is, in the order of the caller's list
 */
export async function writeAll(
  connection: Connection,
  producer: ProducerId,
  portions: readonly Portion[],
  count: number,
  signal: AbortSignal,
): Promise<readonly Position[]> {
  const positions = new Array<Position>(count);
  for (const [round, list] of roundsOf(portions).entries()) {
    const bases = await produce(connection, producer, list, signal).catch((error: unknown) => {
      throw round === 0 ? error : uncertain(error);
    });
    for (const [i, { topic, partition, places }] of list.entries()) {
      for (const [n, place] of places.entries()) {
        positions[place] = { topic, partition, offset: offset((bases[i] ?? 0) + n) };
      }
    }
  }
  return positions;
}

function uncertain(cause: unknown): MillraceError {
  return new MillraceError('PUBLISH_UNCERTAIN', `Only a part was written: ${failureOf(cause).message}`, {
    cause,
  });
}
