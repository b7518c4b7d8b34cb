import { MillraceError } from '../../../core/errors.js';
import { type Offset, offset, type Partition, partition, type Topic, topic } from '../../../core/ids.js';
import type { GroupListing, ListedGroup, LogInspection } from '../../../ports/log-inspection.js';
import type { Connection } from '../wire/connection.js';
import { describeTopics, listTopics } from '../wire/describe.js';
import { failureOf, unavailable } from '../wire/failures.js';
import { sendFlexible, supports } from '../wire/flexible-request.js';
import type { Broker } from '../wire/internal-types.js';
import { LATEST, READ_COMMITTED } from '../wire/internals.js';
import { groupsOfBroker } from './broker-groups.js';
import { mayDescribeCluster } from './group-requests.js';

/** What pages ask of a Kafka cluster. */
export class KafkaInspection implements LogInspection {
  readonly #connection: Connection;
  /** For sentences: `User gateway`. */
  readonly #client: string;
  readonly #untilClosed: (signal: AbortSignal) => AbortSignal;

  constructor(connection: Connection, client: string, untilClosed: (signal: AbortSignal) => AbortSignal) {
    this.#connection = connection;
    this.#client = client;
    this.#untilClosed = untilClosed;
  }

  async groups(topics: readonly Topic[], limit: number, signal: AbortSignal): Promise<GroupListing> {
    const open = this.#untilClosed(signal);
    const gaps: string[] = [];
    const first = await this.#connection.retrying(() => this.#connection.anyBroker(), open);
    if (supports(first, mayDescribeCluster) && !(await sendFlexible(first, mayDescribeCluster)))
      gaps.push(
        `${this.#client} may not DESCRIBE the Kafka cluster, so Kafka lists only the consumer groups that it may DESCRIBE, if there are any. Grant both: see docs/operating.md, "Rights on Kafka".`,
      );
    const nodes = this.#connection.cluster.brokerPool.getNodeIds().map(Number);
    const wanted = new Set<string>(topics);
    const answers = await Promise.allSettled(
      nodes.map(async (node) => {
        const broker = await this.#connection.broker(node);
        return await groupsOfBroker(broker, wanted, Math.ceil(limit / nodes.length), open);
      }),
    );
    open.throwIfAborted();
    if (answers.every(({ status }) => status === 'rejected')) throw failure(answers[0]);
    const listed: ListedGroup[] = [];
    let leftOut = 0;
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') {
        listed.push(...answer.value.groups);
        leftOut += answer.value.leftOut;
        gaps.push(...answer.value.gaps);
      } else {
        const { type, message } = failureOf(answer.reason);
        gaps.push(`Broker ${nodes[i]} did not list its consumer groups: ${type || message}.`);
      }
    }
    return { groups: listed.sort(byName), leftOut, gaps };
  }

  async ends(topics: readonly Topic[], signal: AbortSignal): Promise<ReadonlyMap<Topic, readonly Offset[]>> {
    const open = this.#untilClosed(signal);
    // First, and with one request: the layout of each topic alone would wait for those that do not exist.
    const existing = [...(await describeTopics(this.#connection, topics, open, 'leave-out')).keys()];
    return await this.#connection.retrying(async () => {
      const leaders = new Map<number, { topic: Topic; partition: Partition }[]>();
      const ends = new Map<Topic, Offset[]>();
      for (const name of existing) {
        const layout = await this.#connection.layout(name, open);
        if ([...layout.leaders.values()].includes(NO_LEADER)) continue;
        ends.set(name, []);
        for (const [number, leader] of layout.leaders)
          leaders.set(leader, [...(leaders.get(leader) ?? []), { topic: name, partition: number }]);
      }
      const asked = [...leaders].map(async ([leader, of]) =>
        endsAt(await this.#connection.broker(leader), of),
      );
      try {
        for (const one of (await Promise.all(asked)).flat()) {
          const of = ends.get(one.topic);
          if (of !== undefined) of[one.partition] = one.end;
        }
      } catch (error) {
        // A leader has moved, or a broker is away: the next attempt asks who leads now.
        for (const name of existing) this.#connection.forget(name);
        throw error;
      }
      return ends;
    }, open);
  }

  topics(signal: AbortSignal): Promise<ReadonlyMap<Topic, number>> {
    return listTopics(this.#connection, this.#untilClosed(signal));
  }
}

const NO_LEADER = -1;

async function endsAt(
  leader: Broker,
  partitions: readonly { readonly topic: Topic; readonly partition: Partition }[],
): Promise<{ topic: Topic; partition: Partition; end: Offset }[]> {
  const byTopic = new Map<Topic, Partition[]>();
  for (const one of partitions) byTopic.set(one.topic, [...(byTopic.get(one.topic) ?? []), one.partition]);
  const { responses } = await leader.listOffsets({
    isolationLevel: READ_COMMITTED,
    topics: [...byTopic].map(([name, of]) => ({
      topic: name,
      partitions: of.map((number) => ({ partition: number, timestamp: LATEST })),
    })),
  });
  return responses.flatMap((of) =>
    of.partitions.map((one) => ({
      topic: topic(of.topic),
      partition: partition(one.partition),
      end: offset(Number(one.offset)),
    })),
  );
}

function failure(answer: PromiseSettledResult<unknown> | undefined): MillraceError {
  const reason: unknown = answer?.status === 'rejected' ? answer.reason : undefined;
  return reason instanceof MillraceError ? reason : unavailable(reason);
}

const byName = (a: ListedGroup, b: ListedGroup): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
