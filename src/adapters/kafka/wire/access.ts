import { MillraceError } from '../../../core/errors.js';
import type { Refusal } from '../../../core/refusal.js';
import type { OnProblem } from '../../../ports/problem.js';
import { Refusals } from '../../../ports/refusals.js';
import { failureOf } from './failures.js';
import {
  errorOfCode,
  GROUP_COORDINATOR,
  TOPIC_AUTHORIZATION_FAILED,
  TRANSACTION_COORDINATOR,
} from './internals.js';
import { protocolOfBroker } from './probe.js';
import {
  type KafkaClient,
  type Refused,
  type Right,
  refusedBy,
  rightsAtFault,
  withoutTls,
  withSasl,
  withTls,
} from './refused.js';
import { type Asked, firstMissing, isGranted, wantsSasl } from './rights.js';

interface AccessParts {
  readonly client: KafkaClient;
  readonly onProblem: OnProblem;
  /** Aborted when the log is closed. */
  readonly closed: AbortSignal;
  /** A connection of its own: an open one outlives a changed password, so only a new one shows whether it is accepted. */
  connect(): Asked;
}

/** What a port was found to speak holds for this long: a broker that restarts fails many requests at once. */
const PROBE_MAX_AGE_MS = 2_000;

/**
 * What Kafka refuses this process, told apart from what passes by itself. Where kafkajs does not say what was refused, the
 * broker is asked.
 */
export class Access {
  readonly #parts: AccessParts;
  readonly #refusals: Refusals;
  /** The refusals that last, by the right that is missing. */
  readonly #missingRights = new Map<string, Refusal>();
  readonly #probes = new Map<
    string,
    { readonly asOf: number; readonly refused: Promise<Refused | undefined> }
  >();

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.#refusals = new Refusals(parts.onProblem, parts.closed);
  }

  /**
   * What to throw in place of `error`: it, or LOG_UNAVAILABLE caused by a `Refusal`.
   * @param needed the rights that the failed request needs
   * @param connection for questions about the failure
   */
  async explain(error: unknown, connection: Asked, needed: readonly Right[]): Promise<unknown> {
    if (error instanceof MillraceError) return error;
    const answer =
      (await hiddenAnswer(error, connection, needed)) ??
      (await this.#skippedFor(error, connection, needed)) ??
      error;
    const missing = await this.#missing(answer, connection, needed);
    const refused = refusedBy(answer, this.#parts.client, missing) ?? (await this.#silent(error));
    return refused === undefined ? error : this.#unavailable(refused, answer, connection, missing);
  }

  /**
   * Asks Kafka before the rights are needed.
   * @throws {MillraceError} LOG_UNAVAILABLE, caused by the first right that is not granted; what kafkajs throws
   */
  async assertGranted(connection: Asked, rights: readonly Right[]): Promise<void> {
    const missing = await firstMissing(connection, rights, this.#isRefusal);
    if (missing !== undefined) throw this.explainAnswer(missing.answer, connection, missing.right);
  }

  /** As `explain`, for what a broker answered about one topic: nothing has to be asked. */
  explainAnswer(error: unknown, connection: Asked, needed: Right): unknown {
    const refused = refusedBy(error, this.#parts.client, needed);
    return refused === undefined ? error : this.#unavailable(refused, error, connection, needed);
  }

  #unavailable(
    refused: Refused,
    cause: unknown,
    connection: Asked,
    missing: Right | undefined,
  ): MillraceError {
    const isMended = (): Promise<boolean> =>
      refused.kind === 'authorization' ? this.#isGranted(connection, missing) : this.#canConnect();
    const told = missing && this.#told(missing);
    if (told !== undefined) return refusedError(told);
    const refusal = this.#refusals.of({ ...refused, cause }, isMended);
    if (missing !== undefined && !this.#missingRights.has(nameOf(missing))) {
      this.#missingRights.set(nameOf(missing), refusal);
      void refusal.mended.then(() => this.#missingRights.delete(nameOf(missing)));
    }
    return refusedError(refusal);
  }

  /** @throws {MillraceError} LOG_UNAVAILABLE while the right is known to be missing */
  assertNotRefused(right: Right): void {
    if (this.#missingRights.size === 0) return;
    const refusal = this.#told(right);
    if (refusal !== undefined) throw refusedError(refusal);
  }

  /**
   * The refusal that lasts and is about this right. One missing right of a topic shows in several ways: who may not read it
   * may not describe it either. It is told once, as it showed first; what is still missing when that is mended is met again.
   */
  #told(right: Right): Refusal | undefined {
    const same = this.#missingRights.get(nameOf(right));
    if (same !== undefined || right.on !== 'topic' || right.right === 'CREATE') return same;
    const others = right.right === 'DESCRIBE' ? (['READ', 'WRITE'] as const) : (['DESCRIBE'] as const);
    for (const other of others) {
      const told = this.#missingRights.get(nameOf({ ...right, right: other }));
      if (told !== undefined) return told;
    }
    return undefined;
  }

  /** The right that is missing. Where Kafka names only its kind, it is asked about each. */
  async #missing(answer: unknown, connection: Asked, needed: readonly Right[]): Promise<Right | undefined> {
    const [first, ...others] = rightsAtFault(answer, needed);
    if (first === undefined || others.length === 0) return first;
    return (await this.#firstMissing(connection, [first, ...others])) ?? first;
  }

  /**
   * Of several topics of a transaction, kafkajs throws the answer about the first: "not attempted" for one that is allowed
   * beside another that is not.
   */
  async #skippedFor(error: unknown, connection: Asked, needed: readonly Right[]): Promise<unknown> {
    if (failureOf(error).type !== 'OPERATION_NOT_ATTEMPTED') return undefined;
    const topics = needed.filter(({ on }) => on === 'topic');
    const missing = await this.#firstMissing(connection, topics);
    return missing && errorOfCode(TOPIC_AUTHORIZATION_FAILED);
  }

  async #firstMissing(connection: Asked, rights: readonly Right[]): Promise<Right | undefined> {
    for (const right of rights)
      if (!(await this.#isGranted(connection, right).catch(() => true))) return right;
    return undefined;
  }

  /** The broker closed the connection: because it stops, or because its port has another protocol. */
  async #silent(error: unknown): Promise<Refused | undefined> {
    const { name, code, broker } = failureOf(error);
    const isClosed = name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET';
    if (!isClosed || broker === '') return undefined;
    const known = this.#probes.get(broker);
    if (known !== undefined && performance.now() - known.asOf < PROBE_MAX_AGE_MS) return known.refused;
    const refused = this.#probe(broker).catch(() => undefined);
    this.#probes.set(broker, { asOf: performance.now(), refused });
    return refused;
  }

  async #probe(broker: string): Promise<Refused | undefined> {
    const { client } = this.#parts;
    const found = await protocolOfBroker(broker);
    if (found === undefined) return undefined;
    if (found === 'tls' && !client.tls) return { kind: 'protocol', sentence: withTls(broker) };
    if (found === 'plain' && client.tls) return { kind: 'protocol', sentence: withoutTls(broker) };
    if (client.mechanism === undefined) {
      await using connection = this.#parts.connect();
      if (await wantsSasl(connection)) return { kind: 'protocol', sentence: withSasl(broker, client) };
    }
    return undefined;
  }

  /** What cannot be asked counts as mended: it is told again if it is met again. */
  async #isGranted(connection: Asked, needed: Right | undefined): Promise<boolean> {
    if (needed === undefined) return true;
    return isGranted(connection, needed, this.#isRefusal);
  }

  readonly #isRefusal = (answer: unknown): boolean => refusedBy(answer, this.#parts.client) !== undefined;

  async #canConnect(): Promise<boolean> {
    await using connection = this.#parts.connect();
    await connection.anyBroker();
    return true;
  }
}

/** kafkajs says "failed to find group coordinator", without a cause, whatever each broker answered: it is asked again. */
async function hiddenAnswer(error: unknown, connection: Asked, needed: readonly Right[]): Promise<unknown> {
  if (failureOf(error).name !== 'KafkaJSGroupCoordinatorNotFound') return undefined;
  const of = needed.find(({ on }) => on === 'group' || on === 'transactional id');
  if (of === undefined) return undefined;
  const coordinatorType = of.on === 'group' ? GROUP_COORDINATOR : TRANSACTION_COORDINATOR;
  try {
    const broker = await connection.anyBroker();
    await broker.findGroupCoordinator({ groupId: of.name, coordinatorType });
    return undefined;
  } catch (answer) {
    return answer;
  }
}

const nameOf = ({ on, name, right }: Right): string => `${right} ${on} ${name}`;

/** The message is for clients: the sentence about it is the operator's. */
function refusedError(refusal: Refusal): MillraceError {
  const message = 'The event log refuses access to this server at the moment. Try again later.';
  return new MillraceError('LOG_UNAVAILABLE', message, { cause: refusal });
}
