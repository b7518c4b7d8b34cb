import { type CursorCodec, lifeOf, type Positions, type StreamPosition } from '../../core/cursor.js';
import { MillraceError } from '../../core/errors.js';
import { BEFORE_FIRST, type Topic } from '../../core/ids.js';
import type { EventsLost } from '../../hub/events-lost.js';
import type { Hub } from '../../hub/hub.js';

/** Whose cursor is to be made. */
export interface Stranded {
  readonly topic: Topic;
  /** `undefined`: every key. */
  readonly key: string | undefined;
  /** The subscriber's half of its cursors. */
  readonly tag: string;
}

/**
 * What a client is told whose place can no longer be used (D5): why, and the earliest cursor from which
 * everything follows that is still there.
 */
export class Resync {
  readonly #hub: Hub;
  readonly #codec: CursorCodec;

  constructor(hub: Hub, codec: CursorCodec) {
    this.#hub = hub;
    this.#codec = codec;
  }

  /** @param place where it stands: it keeps its place wherever nothing was lost */
  async error(loss: EventsLost, who: Stranded, place: StreamPosition): Promise<MillraceError> {
    const { reason } = loss;
    const earliest = await this.#earliest(loss, who, place).catch(() => undefined);
    // Without the log nobody knows what it has: the client is told all the same.
    const details = earliest === undefined ? { reason } : { reason, earliest };
    return new MillraceError('RESYNC_REQUIRED', loss.message, { details });
  }

  async #earliest(loss: EventsLost, { topic, key, tag }: Stranded, place: StreamPosition): Promise<string> {
    const from = loss.reason === 'TOPIC_RECREATED' ? await this.#beginning(topic, key) : place;
    const positions = await this.#hub.clampToEarliest(topic, from.positions);
    return this.#codec.position(topic, { ...from, positions }) + tag;
  }

  /** Before everything in the topic as it is now. */
  async #beginning(topic: Topic, key: string | undefined): Promise<StreamPosition> {
    const { id, partitions } = await this.#hub.topics.describe(topic);
    const mine = this.#hub.partitionsOf(key, partitions);
    const positions: Positions = new Map(
      mine.map((number) => [number, { offset: BEFORE_FIRST, fingerprint: 0 }]),
    );
    return { positions, life: lifeOf(id), partitions, asOf: 0 };
  }
}
