import type { TopicPartition } from '../../../core/position.js';
import { partitionName } from '../../../core/position.js';

/** A producer's identity towards the brokers, and the sequence number it has reached in each partition. */
export class ProducerId {
  private readonly sequences = new Map<string, number>();
  /** A request's fate is unknown: sequence numbers can no longer be told, so a new identity is needed. */
  spoiled = false;

  constructor(
    readonly id: string,
    readonly epoch: number,
    readonly transactionalId: string | undefined,
  ) {}

  sequence(at: TopicPartition): number {
    return this.sequences.get(partitionName(at)) ?? 0;
  }

  /** The broker has `count` more records of this producer. Sequence numbers wrap round at 2^31. */
  advance(at: TopicPartition, count: number): void {
    this.sequences.set(partitionName(at), (this.sequence(at) + count) % 2 ** 31);
  }
}
