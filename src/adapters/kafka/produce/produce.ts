import { backoffMs, pause, withSignal } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import { type Offset, offset } from '../../../core/ids.js';
import { partitionName } from '../../../core/position.js';
import type { Connection } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import { type Broker, errorOfCode } from '../wire/internals.js';
import type { Portion } from '../wire/portions.js';
import { requestOf } from '../wire/produce-request.js';
import type { ProducerId } from '../wire/producer-id.js';

type Outcome =
  | { readonly status: 'written'; readonly base: Offset }
  | { readonly status: 'refused'; readonly error: Error }
  /** `sent`: it may have been written all the same. */
  | { readonly status: 'again'; readonly sent: boolean; readonly error: unknown };

/** How long a broker waits for its replicas, and we for the broker. */
const ACK_TIMEOUT = 30_000;
/** Refusals that come after the leader may have written. */
const UNDECIDED = new Set(['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND']);

/**
 * Writes portions of different partitions, one request per broker, until each is written or refused. A
 * retry repeats the same records under the same sequence numbers, so that nothing is written twice.
 * Of one producer, only one call at a time may write to a partition.
 * @returns the offset of the first record of each portion
 * @throws {MillraceError} PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE, TOPIC_MISSING
 */
export async function produce(
  connection: Connection,
  producer: ProducerId,
  portions: readonly Portion[],
  signal: AbortSignal,
): Promise<Offset[]> {
  const bases = new Map<Portion, Offset>();
  const undecided = new Set<Portion>();
  let waiting = portions;
  const stop = (error: unknown): MillraceError => {
    // Whatever went wrong may have left the broker's sequence numbers, or its memory of them, behind.
    producer.spoiled = true;
    return refusalOf(error, undecided.size > 0 || bases.size > 0);
  };
  for (let attempt = 0, last: unknown; waiting.length > 0; attempt++) {
    const sent = new Set<Portion>();
    let outcomes: readonly (readonly [Portion, Outcome])[];
    try {
      if (attempt > 0) await pause(backoffMs(attempt), signal);
      signal.throwIfAborted();
      const round = sendRound(connection, producer, waiting, sent, signal);
      outcomes = await withSignal(round, signal);
    } catch (error) {
      for (const portion of sent) undecided.add(portion);
      throw stop(last ?? error);
    }
    let refused: Error | undefined;
    for (const [portion, outcome] of outcomes) {
      if (outcome.status === 'written') {
        producer.advance(portion, portion.records.length);
        bases.set(portion, outcome.base);
        undecided.delete(portion);
      } else if (outcome.status === 'refused') {
        refused ??= outcome.error;
        connection.forget(portion.topic);
      } else {
        if (outcome.sent) undecided.add(portion);
        last = outcome.error;
        connection.forget(portion.topic);
      }
    }
    if (refused !== undefined) throw stop(refused);
    waiting = waiting.filter((portion) => !bases.has(portion));
  }
  return portions.map((portion) => bases.get(portion) ?? offset(-1));
}

async function sendRound(
  connection: Connection,
  producer: ProducerId,
  portions: readonly Portion[],
  sent: Set<Portion>,
  signal: AbortSignal,
): Promise<readonly (readonly [Portion, Outcome])[]> {
  const byLeader = new Map<Broker, Portion[]>();
  for (const portion of portions) {
    const leader = await connection.leader(portion, signal);
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), portion]);
  }
  const answers = [...byLeader].map(async ([leader, mine]) => {
    const again = (error: unknown, sent: boolean) =>
      mine.map((one) => [one, { status: 'again', sent, error } as const] as const);
    try {
      // By itself, so that what fails here is known to have reached no socket.
      await leader.connectionPool.getConnection();
    } catch (error) {
      return again(error, false);
    }
    for (const portion of mine) sent.add(portion);
    try {
      const answered = await request(leader, producer, mine);
      return mine.map((one) => [one, answered.get(partitionName(one)) ?? silence()] as const);
    } catch (error) {
      // D1: whatever it was, a connection that was reset included, the broker may have written it before.
      return again(error, true);
    }
  });
  return (await Promise.all(answers)).flat();
}

const silence = (): Outcome => ({
  status: 'again',
  sent: true,
  error: new Error('The broker left a partition out of its answer'),
});

async function request(
  leader: Broker,
  producer: ProducerId,
  portions: readonly Portion[],
): Promise<Map<string, Outcome>> {
  const { request: encoded, response } = requestOf(producer, portions, ACK_TIMEOUT);
  // The library would throw the first partition's error and forget how the others fared.
  const parse = async (data: unknown): Promise<unknown> => data;
  try {
    const answer = await leader.connectionPool.send({
      request: encoded,
      response: { decode: response.decode, parse },
    });
    // The shape of the library's produce/v5/response.js.
    return outcomesOf(answer as ProduceAnswer);
  } catch (error) {
    if (failureOf(error).name === 'KafkaJSConnectionClosedError') await leader.disconnect();
    throw error;
  }
}

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { partition: number; errorCode: number; baseOffset: string }[];
  }[];
}

function outcomesOf({ topics }: ProduceAnswer): Map<string, Outcome> {
  return new Map(
    topics.flatMap(({ topicName, partitions }) =>
      partitions.map((one) => [`${topicName}/${one.partition}`, outcomeOf(one)] as const),
    ),
  );
}

function outcomeOf({ errorCode, baseOffset }: { errorCode: number; baseOffset: string }): Outcome {
  if (errorCode === 0) return { status: 'written', base: offset(Number(baseOffset)) };
  const error = errorOfCode(errorCode);
  const { type, retriable } = failureOf(error);
  if (UNDECIDED.has(type)) return { status: 'again', sent: true, error };
  // The leader's copy may be younger than the topic; a topic that is gone shows when leaders are asked for.
  if (retriable) return { status: 'again', sent: false, error };
  return { status: 'refused', error };
}

function refusalOf(error: unknown, some: boolean): MillraceError {
  if (error instanceof MillraceError && error.code !== 'LOG_UNAVAILABLE' && !some) return error;
  const { type, message } = failureOf(error);
  if (some) {
    const text = `Kafka may or may not have the records: ${message}`;
    return new MillraceError('PUBLISH_UNCERTAIN', text, { cause: error });
  }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    return new MillraceError('EVENT_TOO_LARGE', `The topic does not take records of this size: ${message}`, {
      cause: error,
    });
  }
  return new MillraceError('PUBLISH_FAILED', `Kafka does not have the records: ${message}`, { cause: error });
}
