import {
  type CursorCodec,
  type Positions,
  type StreamPosition,
  topicFingerprintOf,
} from '../../core/cursor.js';
import { MillraceError } from '../../core/errors.js';
import { BEFORE_FIRST, type Topic } from '../../core/ids.js';
import { partitionsOf } from '../../core/partitioner.js';
import type { EventsLost } from '../../hub/events-lost.js';
import type { Hub } from '../../hub/hub.js';
import type { Metrics } from '../../observe/metrics.js';

/** The subscription that cannot continue from its position. */
interface Stranded {
  readonly topic: Topic;
  /** `undefined`: every key. */
  readonly key: string | undefined;
  /** The subscriber's half of its cursors. */
  readonly tag: string;
}

/**
 * Makes the error for a client whose position is no longer usable (D5): the reason, and the earliest cursor after
 * which every event is still in the log.
 */
export class Resync {
  readonly #hub: Hub;
  readonly #codec: CursorCodec;
  readonly #metrics: Metrics;

  constructor(hub: Hub, codec: CursorCodec, metrics: Metrics) {
    this.#hub = hub;
    this.#codec = codec;
    this.#metrics = metrics;
  }

  /**
   * Never rejects.
   * @param position of the subscription; `earliest` keeps it in each partition that lost nothing
   * @returns RESYNC_REQUIRED with `reason`, and with `earliest` unless the log cannot be read now
   */
  async error(loss: EventsLost, stranded: Stranded, position: StreamPosition): Promise<MillraceError> {
    const { reason } = loss;
    this.#metrics.resyncs.inc({ reason });
    // Not knowing `earliest` must not delay the error: the client has to learn that events are gone.
    const earliest = await this.#earliest(loss, stranded, position).catch(() => undefined);
    const details = earliest === undefined ? { reason } : { reason, earliest };
    return new MillraceError('RESYNC_REQUIRED', loss.message, { details });
  }

  async #earliest(
    loss: EventsLost,
    { topic, key, tag }: Stranded,
    position: StreamPosition,
  ): Promise<string> {
    const from = loss.reason === 'TOPIC_RECREATED' ? await this.#beginning(topic, key) : position;
    const positions = await this.#hub.clampToEarliest(topic, from.positions);
    return this.#codec.position(topic, { ...from, positions }) + tag;
  }

  /** The position before all events of the topic as it is now. */
  async #beginning(topic: Topic, key: string | undefined): Promise<StreamPosition> {
    const { id, partitions } = await this.#hub.topics.describe(topic);
    const followed = partitionsOf(this.#hub.placementOf(topic, key), partitions);
    const positions: Positions = new Map(
      followed.map((number) => [number, { offset: BEFORE_FIRST, fingerprint: 0 }]),
    );
    return { positions, topicFingerprint: topicFingerprintOf(id), partitions, asOf: 0 };
  }
}
