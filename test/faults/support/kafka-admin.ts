import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';

interface TopicOptions {
  readonly partitions?: number;
  readonly replicas?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** Kafka's admin operations, for tests only. */
export class KafkaAdmin implements AsyncDisposable {
  readonly #admin: Admin;

  private constructor(admin: Admin) {
    this.#admin = admin;
  }

  static async open(brokers: string): Promise<KafkaAdmin> {
    const kafka = new Kafka({
      clientId: 'millrace-faults',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 2_000,
      // After a leader was killed, retries until there is another.
      retry: { retries: 30, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    const admin = kafka.admin();
    await admin.connect();
    return new KafkaAdmin(admin);
  }

  async create(
    topic: string,
    { partitions = 1, replicas = 1, config = {} }: TopicOptions = {},
  ): Promise<void> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.#admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: partitions, replicationFactor: replicas, configEntries }],
    });
  }

  async remove(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  /** Deletes the records before an offset of each partition, as retention does. */
  async deleteBefore(topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    await this.#admin.deleteTopicRecords({ topic, partitions });
  }

  /** Adds partitions until the topic has `count`. */
  async grow(topic: string, count: number): Promise<void> {
    await this.#admin.createPartitions({ topicPartitions: [{ topic, count }] });
  }

  /** Replaces the topic's own settings: those that are not named here return to the broker's defaults. */
  async configure(topic: string, config: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.#admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    });
  }

  /** The broker that leads each partition. */
  async leaders(topic: string): Promise<readonly number[]> {
    return (await this.#partitions(topic)).map(({ leader }) => leader);
  }

  /** Whether every replica of every partition is in sync, so that another broker may be stopped. */
  async inSync(topic: string): Promise<boolean> {
    return (await this.#partitions(topic)).every(
      ({ leader, isr, replicas }) => leader >= 0 && isr.length === replicas.length,
    );
  }

  /** The coordinator of a consumer group: the leader of the group's partition of `__consumer_offsets`. */
  async coordinator(group: string): Promise<number> {
    const leaders = await this.leaders(OFFSETS);
    const leader = leaders[javaHash(group) % leaders.length];
    if (leader === undefined) throw new Error(`${OFFSETS} has no partitions`);
    return leader;
  }

  /** How many records the group has not committed yet, over all partitions; -1 if a partition has no commit. */
  async lag(group: string, topic: string): Promise<number> {
    const [[found], bounds] = await Promise.all([
      this.#admin.fetchOffsets({ groupId: group, topics: [topic] }),
      this.bounds(topic),
    ]);
    let lag = 0;
    for (const { partition, offset } of found?.partitions ?? []) {
      const { earliest = 0, end = 0 } = bounds[partition] ?? {};
      if (Number(offset) < 0 && end > earliest) return -1;
      lag += Math.max(0, end - Math.max(Number(offset), earliest));
    }
    return lag;
  }

  /** The first offset and the one after the last, of each partition. */
  async bounds(topic: string): Promise<readonly { readonly earliest: number; readonly end: number }[]> {
    const offsets = await this.#admin.fetchTopicOffsets(topic);
    return [...offsets]
      .sort((a, b) => a.partition - b.partition)
      .map(({ low, high }) => ({ earliest: Number(low), end: Number(high) }));
  }

  async #partitions(topic: string) {
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] });
    return [...(topics[0]?.partitions ?? [])].sort((a, b) => a.partitionId - b.partitionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect();
  }
}

/** The topic that holds the groups' commits. */
export const OFFSETS = '__consumer_offsets';

/** `Utils.abs(groupId.hashCode())` of Kafka's GroupMetadataManager.partitionFor. */
function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash & 0x7fffffff;
}
