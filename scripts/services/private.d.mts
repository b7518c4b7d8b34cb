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

export function privateRedis(): Promise<PrivateService>;
export function privateKafka(): Promise<PrivateService>;
