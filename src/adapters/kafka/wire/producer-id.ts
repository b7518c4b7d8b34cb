import { partitionName, type TopicPartition } from '../../../core/position.js';

/**
 * A producer's identity (id and epoch), with the next sequence number of each partition. The broker drops a batch
 * whose sequence number it has seen, so a retry under the same number never writes twice.
 */
export class ProducerId {
  readonly #sequences = new Map<string, number>();
  /**
   * Set when the outcome of a request is unknown: the broker's sequence numbers may differ from ours. Using them
   * again could make the broker drop a new batch as a duplicate, so the producer needs a new identity.
   */
  spoiled = false;

  constructor(
    readonly id: string,
    readonly epoch: number,
    /** `undefined` for an idempotent producer without transactions. */
    readonly transactionalId: string | undefined,
  ) {}

  sequence(at: TopicPartition): number {
    return this.#sequences.get(partitionName(at)) ?? 0;
  }

  /** The broker has acknowledged `count` more records. Sequence numbers wrap around at 2^31. */
  advance(at: TopicPartition, count: number): void {
    this.#sequences.set(partitionName(at), (this.sequence(at) + count) % 2 ** 31);
  }
}
