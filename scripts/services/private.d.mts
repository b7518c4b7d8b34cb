/** A service for one test alone, on its own port. */
export interface PrivateService {
  /** The value for REDIS_URL or KAFKA_BROKERS. */
  readonly address: string;
  /** Kills it, like a crash. */
  kill(): Promise<void>;
  /** After `kill`: starts it on the same port again. Resolves once it is ready. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Three brokers for one test alone, with the ids 1, 2 and 3. */
export interface PrivateCluster {
  /** The value for KAFKA_BROKERS: all three. */
  readonly address: string;
  /** Kills one broker, like a crash. */
  kill(id: number): Promise<void>;
  /** Stops one broker, which hands its leaderships over first. */
  end(id: number): Promise<void>;
  /** Freezes one broker with its connections open, until `thaw`. */
  freeze(id: number): void;
  thaw(id: number): void;
  /** After `kill` or `end`: starts it with its data on the same port. Resolves once it may lead again. */
  start(id: number): Promise<void>;
  /** Ends all of them and removes their data. */
  stop(): Promise<void>;
}

/** @param settings command-line options of redis-server */
export function privateRedis(settings?: readonly string[]): Promise<PrivateService>;

/** @param options.advertised the `host:port` that the broker advertises instead of its own, such as a proxy's */
export function privateKafka(options?: {
  readonly port?: number;
  readonly advertised?: string;
  /** Further settings of the broker, which override the default ones. */
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<PrivateService>;

/** @param options.settings further settings of each broker, by its id, which override the default ones */
export function privateCluster(options?: {
  settings?(id: number): Readonly<Record<string, string>>;
}): Promise<PrivateCluster>;

/** `count` different ports of 127.0.0.1 that are free now. */
export function freePorts(count: number): Promise<number[]>;
