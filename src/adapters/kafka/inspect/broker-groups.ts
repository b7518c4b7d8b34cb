import { offset, partition, type Topic, topic } from '../../../core/ids.js';
import {
  type GroupListing,
  type GroupProtocol,
  type ListedGroup,
  MAX_CLIENTS,
} from '../../../ports/log-inspection.js';
import { failureOf } from '../wire/failures.js';
import { type FlexibleRequest, sendFlexible, supports } from '../wire/flexible-request.js';
import type { Broker } from '../wire/internal-types.js';
import { errorOfCode } from '../wire/internals.js';
import {
  CONSUMER_GROUP_DESCRIBE,
  describeClassicGroups,
  describeConsumerGroups,
  describeShareGroups,
  fetchOffsets,
  fetchShareOffsets,
  type GroupEntry,
  type GroupMembers,
  type GroupOffsets,
  LIST_GROUPS_WITH_TYPES,
  listGroups,
  SHARE_GROUP_DESCRIBE,
  SHARE_GROUP_OFFSETS,
} from './group-requests.js';

/** By the types in a broker's list. Kafka's client spells them with a capital, its brokers do not. */
const PROTOCOLS: Readonly<Record<string, GroupProtocol>> = {
  classic: 'CLASSIC',
  consumer: 'CONSUMER',
  share: 'SHARE',
  streams: 'STREAMS',
};

/**
 * The groups that a broker coordinates and that use any of the topics.
 * @param limit how many are looked at, those with members first
 * @throws what the broker answers to ListGroups
 */
export async function groupsOfBroker(
  broker: Broker,
  wanted: ReadonlySet<string>,
  limit: number,
  signal: AbortSignal,
): Promise<GroupListing> {
  const { error, groups } = await sendFlexible(broker, listGroups(supports(broker, LIST_GROUPS_WITH_TYPES)));
  if (error !== 0) throw errorOfCode(error);
  const entries = groups.sort(byUse).slice(0, limit);
  signal.throwIfAborted();
  const shared = entries.filter(({ type }) => type === 'share');
  const others = entries.filter(({ type }) => type !== 'share');
  const gaps = new Set<string>();
  const ask = <T extends { readonly name: string; readonly error: number }>(
    of: readonly GroupEntry[],
    request: (names: readonly string[]) => FlexibleRequest<T[]>,
    isSupported = true,
  ): Promise<ReadonlyMap<string, T>> => answersOf(broker, isSupported ? of : [], request, gaps);
  const [classic, consumer, share, offsets, shareOffsets] = await Promise.all([
    ask<GroupMembers>(others.filter(isClassic), describeClassicGroups),
    ask<GroupMembers>(
      others.filter(({ type }) => type === 'consumer'),
      describeConsumerGroups,
      supports(broker, CONSUMER_GROUP_DESCRIBE),
    ),
    ask<GroupMembers>(shared, describeShareGroups, supports(broker, SHARE_GROUP_DESCRIBE)),
    ask<GroupOffsets>(others, fetchOffsets),
    ask<GroupOffsets>(shared, fetchShareOffsets, supports(broker, SHARE_GROUP_OFFSETS)),
  ]);
  const listed = entries.flatMap((entry) => {
    const { name } = entry;
    const members = (classic.get(name) ?? consumer.get(name) ?? share.get(name))?.members;
    const group = groupOf(
      entry,
      members,
      (offsets.get(name) ?? shareOffsets.get(name))?.offsets ?? [],
      wanted,
    );
    return group.topics.length > 0 ? [group] : [];
  });
  return { groups: listed, leftOut: groups.length - entries.length, gaps: [...gaps] };
}

/** A broker that does not say the type has no other. */
const isClassic = ({ type }: GroupEntry): boolean => type === 'classic' || type === '';

/** Groups with members first: what nobody runs any more is looked at last. */
function byUse(a: GroupEntry, b: GroupEntry): number {
  const idle = ({ state }: GroupEntry): number => (state === 'Empty' || state === 'Dead' ? 1 : 0);
  return idle(a) - idle(b) || (a.name < b.name ? -1 : 1);
}

/** The answers without an error, by group. Errors, and a request that fails as a whole, are told in `gaps`. */
async function answersOf<T extends { readonly name: string; readonly error: number }>(
  broker: Broker,
  entries: readonly GroupEntry[],
  request: (names: readonly string[]) => FlexibleRequest<T[]>,
  gaps: Set<string>,
): Promise<ReadonlyMap<string, T>> {
  const found = new Map<string, T>();
  if (entries.length === 0) return found;
  const names = entries.map(({ name }) => name);
  /** One group for each error: there may be many, and one reason. */
  const failed = new Map<number, string>();
  try {
    for (const answer of await sendFlexible(broker, request(names))) {
      if (answer.error === 0) found.set(answer.name, answer);
      // A group that has ended meanwhile is no gap.
      else if (answer.error !== GROUP_ID_NOT_FOUND) failed.set(answer.error, answer.name);
    }
  } catch (error) {
    const { type, message } = failureOf(error);
    gaps.add(`Broker ${broker.nodeId} did not answer ${request(names).name}: ${type || message}.`);
  }
  for (const [error, name] of failed)
    gaps.add(
      `Kafka does not tell everything about some consumer groups, such as ${name}: ${codeOf(error)}. To see them, grant DESCRIBE on the groups: see docs/operating.md, "Rights on Kafka".`,
    );
  return found;
}

const GROUP_ID_NOT_FOUND = 69;

function codeOf(code: number): string {
  const { type, message } = failureOf(errorOfCode(code));
  return type || message;
}

function groupOf(
  { name, type, state }: GroupEntry,
  members: GroupMembers['members'] | undefined,
  offsets: GroupOffsets['offsets'],
  wanted: ReadonlySet<string>,
): ListedGroup {
  const progress = offsets
    .filter((one) => one.next >= 0 && wanted.has(one.topic))
    .map((one) => ({
      topic: topic(one.topic),
      partition: partition(one.partition),
      offset: offset(one.next),
    }));
  const subscribed = (members ?? []).flatMap((member) => member.topics).filter((one) => wanted.has(one));
  const topics = new Set<Topic>([...subscribed.map(topic), ...progress.map((at) => at.topic)]);
  const clients = [...new Set((members ?? []).map(({ client }) => client))].sort();
  return {
    name,
    protocol: PROTOCOLS[type],
    state,
    members: members?.length,
    clients: clients.slice(0, MAX_CLIENTS),
    topics: [...topics].sort(),
    progress,
  };
}
