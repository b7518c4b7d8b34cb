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

/** @param settings options of redis-server, as on its command line */
export function privateRedis(settings?: readonly string[]): Promise<PrivateService>;

/** @param options.advertised `host:port` that clients are sent to instead of the broker's own, such as a proxy's */
export function privateKafka(options?: {
  readonly port?: number;
  readonly advertised?: string;
  /** Further settings of the broker, or other values of those there are. */
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<PrivateService>;

export function privateCluster(): Promise<PrivateCluster>;

/** So many different ports of 127.0.0.1 that nobody listens on now. */
export function freePorts(count: number): Promise<number[]>;
