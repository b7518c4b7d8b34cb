/** A connected broker, with the requests that it can send. kafkajs declares no types for it, nor for what follows. */
export interface Broker {
  readonly nodeId: number;
  /** The versions that the broker supports, by API key. */
  readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null;
  readonly connectionPool: {
    /** Connects if necessary. */
    getConnection(): Promise<unknown>;
    send(request: ProtocolRequest): Promise<unknown>;
  };
  disconnect(): Promise<void>;
  findGroupCoordinator(of: { groupId: string; coordinatorType: number }): Promise<{
    coordinator: { nodeId: number };
  }>;
  listOffsets(request: {
    isolationLevel: number;
    topics: readonly {
      topic: string;
      partitions: readonly { partition: number; timestamp: number | string }[];
    }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  describeConfigs(request: {
    resources: readonly { type: number; name: string; configNames: readonly string[] }[];
  }): Promise<{
    resources: { configEntries: { configName: string; configValue: string | null }[] }[];
  }>;
  offsetCommit(
    request: { groupId: string; groupGenerationId: number; memberId: string } & Offsets,
  ): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: readonly { topic: string; partitions: readonly { partition: number }[] }[];
  }): Promise<{
    responses: {
      topic: string;
      partitions: { partition: number; offset: string; metadata: string | null }[];
    }[];
  }>;
  initProducerId(request: {
    transactionalId?: string;
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(
    request: Transaction & { topics: readonly { topic: string; partitions: readonly number[] }[] },
  ): Promise<unknown>;
  addOffsetsToTxn(request: Transaction & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(request: Transaction & { groupId: string } & Offsets): Promise<unknown>;
  endTxn(request: Transaction & { transactionResult: boolean }): Promise<unknown>;
}

interface Offsets {
  readonly topics: readonly {
    topic: string;
    partitions: readonly { partition: number; offset: string; metadata: string | null }[];
  }[];
}

interface Transaction {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
}

/** One connection to a broker. */
export interface BrokerConnection {
  /** How long the broker's session lasts after an authentication, in milliseconds; 0 without a limit. */
  readonly sessionLifetime: { toString(): string };
  /** How long before the end of the session to authenticate again, in milliseconds. */
  reauthenticationThreshold: number;
  readonly connectionStatus: 'connected' | 'disconnecting' | 'disconnected';
  connect(): Promise<unknown>;
  /** Waits for the answers of requests that are under way. */
  disconnect(): Promise<unknown>;
  /** Read before each request: if false, the connection authenticates first. */
  isAuthenticated(): boolean;
  readonly requestQueue: {
    /** Requests that wait, because the broker throttles or too many are in flight. */
    readonly pending: readonly unknown[];
    /** Sets a timer that looks at `pending` again. */
    scheduleCheckPendingRequests(): void;
  };
}

export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** The topics whose metadata a refresh requests. A missing one makes it fail. */
  targetTopics: Set<string>;
  refreshMetadata(): Promise<void>;
  findBroker(which: { nodeId: number }): Promise<Broker>;
  findGroupCoordinator(of: { groupId: string; coordinatorType?: number }): Promise<Broker>;
  /** Makes the connections to one broker: two, of which the second is for fetches. */
  readonly connectionPoolBuilder: {
    build(broker?: object): Promise<{ readonly pool: readonly BrokerConnection[] }>;
  };
  readonly brokerPool: {
    readonly metadata: {
      readonly topicMetadata: readonly {
        topic: string;
        partitionMetadata: readonly PartitionMetadata[];
      }[];
    } | null;
    /** The bootstrap server that is connected. */
    readonly seedBroker?: Broker;
    getNodeIds(): string[];
    refreshMetadata(topics: readonly string[]): Promise<void>;
  };
}

/** One member of a consumer group: joining, assignment and heartbeat, without fetching. */
export interface ConsumerGroup {
  readonly generationId: number | null;
  memberId: string | null;
  coordinator: Broker | null;
  joinAndSync(): Promise<void>;
  leave(): Promise<void>;
  assigned(): { topic: string; partitions: number[] }[];
  /** The partitions of each topic that this member knew when it joined. A group's leader assigns these. */
  readonly partitionsPerSubscribedTopic: ReadonlyMap<string, readonly number[]> | null;
}

export interface ProtocolRequest {
  readonly request: unknown;
  readonly response: { decode(raw: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> };
  readonly requestTimeout?: number;
}

export interface Decoder {
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string;
  readBytes(length?: number): Buffer;
  readUVarInt(): number;
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  readArray<T>(read: (decoder: Decoder) => T): T[];
}

export interface Encoder {
  writeInt8(value: number): Encoder;
  writeInt16(value: number): Encoder;
  writeString(value: string | null): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: string): Encoder;
  writeBytes(value: Buffer): Encoder;
  writeBuffer(value: Buffer): Encoder;
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string): Encoder;
  writeBoolean(value: boolean): Encoder;
}

/** Decompresses the records of a batch. */
export interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>;
}
