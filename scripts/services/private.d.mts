/** A service of one test alone, on a port of its own. */
export interface PrivateService {
  /** What REDIS_URL or KAFKA_BROKERS is set to. */
  readonly address: string;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** After `kill`: on the same port again. Resolves once it is ready. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Three brokers of one test alone, with the ids 1, 2 and 3. */
export interface PrivateCluster {
  /** What KAFKA_BROKERS is set to: all three. */
  readonly address: string;
  /** Ends one broker at once, as a crash does. */
  kill(id: number): Promise<void>;
  /** Ends one broker in order: it hands its leaderships over first. */
  end(id: number): Promise<void>;
  /** One broker does nothing more, and its connections stay open, until it is thawed. */
  freeze(id: number): void;
  thaw(id: number): void;
  /** After `kill` or `end`: with its data, on the same port. Resolves once the cluster counts it among the living. */
  start(id: number): Promise<void>;
  /** Ends all of them and removes their data. */
  stop(): Promise<void>;
}

export function privateRedis(): Promise<PrivateService>;
/** @param more settings of the broker beside those that all tests' brokers have */
export function privateKafka(more?: Readonly<Record<string, string>>): Promise<PrivateService>;
export function privateCluster(): Promise<PrivateCluster>;
