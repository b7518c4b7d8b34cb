import { MillraceError } from '../../core/errors.js';
import { fieldsOf, type Revocation, revocationOf } from '../../core/revocation.js';
import type { OnProblem } from '../../ports/problem.js';
import type { RevocationLog } from '../../ports/revocation-log.js';
import { RedisAccess } from './access.js';
import { commandConnection, type RedisClient } from './connection.js';
import { startHealthCheck } from './health-check.js';
import type { RedisServer } from './server.js';

interface RedisRevocationLogOptions {
  readonly server: RedisServer;
  /** Prefix of the key; `millrace` by default. */
  readonly prefix?: string;
  readonly onProblem?: OnProblem;
}

/**
 * How far each read goes back before the newest entry that was read. Ids are times of Redis's clock. After a failover to a
 * server whose clock is behind, a new entry may get a lower id than an entry that was read but lost in the failover.
 */
const OVERLAP_MS = 60_000;
const ENTRIES_PER_READ = 1_000;
const ACKNOWLEDGEMENT_TIMEOUT_MS = 1_000;

/**
 * Opens a log of revocations in a stream of Redis, `<prefix>:revocations`. Resolves whether or not Redis is up; it connects
 * and reconnects in the background.
 */
export async function openRedisRevocationLog(options: RedisRevocationLogOptions): Promise<RevocationLog> {
  const onProblem = options.onProblem ?? (() => undefined);
  const access = new RedisAccess(options.server, onProblem);
  // An entry that is added twice counts once.
  const redis = commandConnection(options.server, { repeat: true }, access.onError);
  return new RedisRevocationLog(options, redis, access, onProblem);
}

class RedisRevocationLog implements RevocationLog {
  readonly #key: string;
  readonly #server: RedisServer;
  readonly #redis: RedisClient;
  readonly #access: RedisAccess;
  readonly #onProblem: OnProblem;
  readonly #healthCheck: Disposable;
  /** The time in the id of the newest entry that was read. */
  #readToMs: number | undefined;

  constructor(
    { server, prefix = 'millrace' }: RedisRevocationLogOptions,
    redis: RedisClient,
    access: RedisAccess,
    onProblem: OnProblem,
  ) {
    this.#key = `${prefix}:revocations`;
    this.#server = server;
    this.#redis = redis;
    this.#access = access;
    this.#onProblem = onProblem;
    this.#healthCheck = startHealthCheck(redis, onProblem);
  }

  async add(revocation: Revocation): Promise<void> {
    const fields = Object.entries(fieldsOf(revocation)).flat();
    try {
      const pipeline = this.#redis.pipeline().xadd(this.#key, '*', ...fields);
      // WAIT covers only writes of its own connection, so all commands are one pipeline.
      const mayFailOver = this.#server.topology.kind !== 'single';
      if (mayFailOver) pipeline.info('replication').wait(1, ACKNOWLEDGEMENT_TIMEOUT_MS);
      const [added, replication, acknowledged] = (await pipeline.exec()) ?? [];
      if (added?.[0] !== null) throw added?.[0] ?? new Error('Redis did not answer.');
      const replicas = Number(/connected_slaves:(\d+)/.exec(String(replication?.[1]))?.[1] ?? 0);
      if (replicas > 0 && !(Number(acknowledged?.[1]) > 0))
        throw new MillraceError(
          'FANOUT_UNAVAILABLE',
          'The revocation is in force, but no replica of Redis has acknowledged it: a failover may lose it. Revoke again.',
        );
    } catch (cause) {
      throw this.#access.unavailable('Adding a revocation', cause);
    }
  }

  async readNew(): Promise<readonly Revocation[]> {
    const isFirst = this.#readToMs === undefined;
    const found: Revocation[] = [];
    let readToMs = this.#readToMs ?? 0;
    let from = isFirst ? '-' : String(Math.max(0, readToMs - OVERLAP_MS));
    /** Up to here, all entries have ended. */
    let ended: string | undefined;
    let isAllEnded = true;
    try {
      for (;;) {
        const entries = await this.#redis.xrange(this.#key, from, '+', 'COUNT', ENTRIES_PER_READ);
        for (const [id, fields] of entries) {
          const revocation = this.#read(id, fields);
          isAllEnded &&= revocation !== undefined && revocation.until <= Date.now();
          if (isAllEnded) ended = id;
          else if (revocation !== undefined) found.push(revocation);
          readToMs = Math.max(readToMs, timeOf(id));
        }
        const last = entries.at(-1)?.[0];
        if (last === undefined || entries.length < ENTRIES_PER_READ) break;
        from = `(${last}`;
      }
      // C4: each node that starts removes what no node needs.
      if (isFirst && ended !== undefined) await this.#redis.xtrim(this.#key, 'MINID', nextId(ended));
      // Only now: after a failure in the middle, the next call begins where this one did.
      this.#readToMs = readToMs;
      return found;
    } catch (cause) {
      throw this.#access.unavailable('Reading the revocations', cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#access[Symbol.dispose]();
    this.#healthCheck[Symbol.dispose]();
    this.#redis.disconnect();
  }

  #read(id: string, fields: readonly string[]): Revocation | undefined {
    const byName: Record<string, string> = {};
    for (let i = 0; i + 1 < fields.length; i += 2) byName[fields[i] ?? ''] = fields[i + 1] ?? '';
    try {
      return revocationOf(byName);
    } catch (cause) {
      const message = `The entry ${id} of ${this.#key} is not a revocation, and has no effect`;
      this.#onProblem({ kind: 'revocations', message, cause });
      return undefined;
    }
  }
}

const timeOf = (id: string): number => Number(id.split('-')[0]);

/** The id that follows: the least that is kept. */
function nextId(id: string): string {
  const [time, sequence] = id.split('-');
  return `${time}-${BigInt(sequence ?? 0) + 1n}`;
}
