import {
  type FlexibleRequest,
  readCompactBytes,
  readStructs,
  readText,
  writeStrings,
} from '../wire/flexible-request.js';
import type { Decoder } from '../wire/internal-types.js';
import { readTopicId, skipTags } from '../wire/internals.js';

/** A group in a broker's list: it has those whose coordinator it is. */
export interface GroupEntry {
  readonly name: string;
  /** `consumer`; other users of Kafka's groups have other words, such as `connect` and `share`. */
  readonly protocolType: string;
  readonly state: string;
  /** `classic`, `consumer`, `share`, `streams`; empty when the broker does not say (before Kafka 3.8). */
  readonly type: string;
}

/** Version 5 has the types (KIP-848), and without a filter it lists groups of all of them. */
export const LIST_GROUPS_WITH_TYPES = { key: 16, version: 5 } as const;
const LIST_GROUPS_WITH_STATES = { key: 16, version: 4 } as const;

export function listGroups(withTypes: boolean): FlexibleRequest<{ error: number; groups: GroupEntry[] }> {
  return {
    ...(withTypes ? LIST_GROUPS_WITH_TYPES : LIST_GROUPS_WITH_STATES),
    name: 'ListGroups',
    encode: (body) => {
      writeStrings(body, []);
      return (withTypes ? writeStrings(body, []) : body).writeUVarInt(0);
    },
    decode: (body) => {
      body.readInt32(); // throttle time
      const error = body.readInt16();
      const groups = readStructs(body, (one) => ({
        name: readText(one),
        protocolType: readText(one),
        state: readText(one),
        type: withTypes ? readText(one).toLowerCase() : '',
      }));
      return { error, groups };
    },
  };
}

/** The members of a group. */
export interface GroupMembers {
  readonly error: number;
  readonly name: string;
  readonly members: readonly { readonly client: string; readonly topics: readonly string[] }[];
}

/** Of groups whose members assign partitions. A group of the newer protocols is answered as dead. */
export const describeClassicGroups = (names: readonly string[]): FlexibleRequest<GroupMembers[]> => ({
  key: 15,
  version: 5,
  name: 'DescribeGroups',
  encode: (body) => writeStrings(body, names).writeBoolean(false).writeUVarInt(0),
  decode: (body) => {
    body.readInt32(); // throttle time
    return readStructs(body, (one) => {
      const error = one.readInt16();
      const name = readText(one);
      readText(one); // state
      const isConsumer = readText(one) === 'consumer';
      readText(one); // assignor
      const members = readStructs(one, (member) => {
        readText(member); // member id
        member.readUVarIntString(); // instance id
        const client = readText(member);
        readText(member); // host
        const subscription = readCompactBytes(member);
        readCompactBytes(member); // assignment
        return { client, topics: isConsumer ? topicsOfSubscription(subscription) : [] };
      });
      one.readInt32(); // authorised operations
      return { error, name, members };
    });
  },
});

const INT16_BYTES = 2;
const INT32_BYTES = 4;

/**
 * The topics of Kafka's ConsumerProtocolSubscription. Any program may have written these bytes: what is no subscription has
 * no topics.
 */
export function topicsOfSubscription(bytes: Buffer): readonly string[] {
  const topics: string[] = [];
  if (bytes.length < INT16_BYTES + INT32_BYTES) return [];
  let at = INT16_BYTES + INT32_BYTES;
  for (let left = bytes.readInt32BE(INT16_BYTES); left > 0; left--) {
    if (at + INT16_BYTES > bytes.length) return [];
    const end = at + INT16_BYTES + bytes.readInt16BE(at);
    if (end < at + INT16_BYTES || end > bytes.length) return [];
    topics.push(bytes.toString('utf8', at + INT16_BYTES, end));
    at = end;
  }
  return topics;
}

/** Of groups that the broker assigns partitions to (KIP-848). Since Kafka 3.7. */
export const CONSUMER_GROUP_DESCRIBE = { key: 69, version: 0 } as const;
/** Of share groups (KIP-932). Since Kafka 4.1. */
export const SHARE_GROUP_DESCRIBE = { key: 77, version: 1 } as const;

export const describeConsumerGroups = (names: readonly string[]): FlexibleRequest<GroupMembers[]> => ({
  ...CONSUMER_GROUP_DESCRIBE,
  name: 'ConsumerGroupDescribe',
  ...membersOf(names, (member) => {
    readText(member); // member id
    member.readUVarIntString(); // instance id
    member.readUVarIntString(); // rack
    member.readInt32(); // epoch
    const client = readText(member);
    readText(member); // host
    const subscribed = member.readUVarIntArray(readText) ?? [];
    member.readUVarIntString(); // regular expression of topics
    const assigned = readAssignment(member);
    readAssignment(member); // target
    // A subscription by regular expression names no topics: those that it was given are known.
    return { client, topics: [...subscribed, ...assigned] };
  }),
});

export const describeShareGroups = (names: readonly string[]): FlexibleRequest<GroupMembers[]> => ({
  ...SHARE_GROUP_DESCRIBE,
  name: 'ShareGroupDescribe',
  ...membersOf(names, (member) => {
    readText(member); // member id
    member.readUVarIntString(); // rack
    member.readInt32(); // epoch
    const client = readText(member);
    readText(member); // host
    const topics = member.readUVarIntArray(readText) ?? [];
    readAssignment(member);
    return { client, topics };
  }),
});

type Member = GroupMembers['members'][number];

/** What the requests of both protocols share. */
const membersOf = (
  names: readonly string[],
  readMember: (member: Decoder) => Member,
): Pick<FlexibleRequest<GroupMembers[]>, 'encode' | 'decode'> => ({
  encode: (body) => writeStrings(body, names).writeBoolean(false).writeUVarInt(0),
  decode: (body) => {
    body.readInt32(); // throttle time
    return readStructs(body, (one) => {
      const error = one.readInt16();
      one.readUVarIntString(); // error message
      const name = readText(one);
      readText(one); // state
      one.readInt32(); // group epoch
      one.readInt32(); // assignment epoch
      readText(one); // assignor
      const members = readStructs(one, readMember);
      one.readInt32(); // authorised operations
      return { error, name, members };
    });
  },
});

/** The topics of an assignment. */
function readAssignment(decoder: Decoder): readonly string[] {
  const topics = readStructs(decoder, (one) => {
    readTopicId(one);
    const topic = readText(one);
    one.readUVarIntArray((partition) => partition.readInt32());
    return topic;
  });
  skipTags(decoder);
  return topics;
}

/** The offsets of a group. */
export interface GroupOffsets {
  readonly error: number;
  readonly name: string;
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly next: number }[];
}

/** What groups have committed, of all topics. Version 8 takes many groups (Kafka 3.0); 9 is for members of a group. */
export const fetchOffsets = (names: readonly string[]): FlexibleRequest<GroupOffsets[]> => ({
  key: 9,
  version: 8,
  name: 'OffsetFetch',
  encode: (body) => {
    body.writeUVarInt(names.length + 1);
    for (const name of names) body.writeUVarIntString(name).writeUVarInt(ALL_TOPICS).writeUVarInt(0);
    return body.writeBoolean(false).writeUVarInt(0);
  },
  decode: (body) => {
    body.readInt32(); // throttle time
    return readStructs(body, (one) => {
      const name = readText(one);
      const offsets = readStructs(one, (of) => {
        const topic = readText(of);
        return readStructs(of, (part) => {
          const partition = part.readInt32();
          const next = Number(part.readInt64());
          part.readInt32(); // leader epoch
          part.readUVarIntString(); // metadata
          part.readInt16(); // error
          return { topic, partition, next };
        });
      });
      return { name, offsets: offsets.flat(), error: one.readInt16() };
    });
  },
});

/** A null array. */
const ALL_TOPICS = 0;

/** Where share groups begin, which commit no offsets (KIP-932). Since Kafka 4.1. */
export const SHARE_GROUP_OFFSETS = { key: 90, version: 0 } as const;

export const fetchShareOffsets = (names: readonly string[]): FlexibleRequest<GroupOffsets[]> => ({
  ...SHARE_GROUP_OFFSETS,
  name: 'DescribeShareGroupOffsets',
  encode: (body) => {
    body.writeUVarInt(names.length + 1);
    for (const name of names) body.writeUVarIntString(name).writeUVarInt(ALL_TOPICS).writeUVarInt(0);
    return body.writeUVarInt(0);
  },
  decode: (body) => {
    body.readInt32(); // throttle time
    return readStructs(body, (one) => {
      const name = readText(one);
      const offsets = readStructs(one, (of) => {
        const topic = readText(of);
        readTopicId(of);
        return readStructs(of, (part) => {
          const partition = part.readInt32();
          const next = Number(part.readInt64());
          part.readInt32(); // leader epoch
          part.readInt16(); // error
          part.readUVarIntString(); // error message
          return { topic, partition, next };
        });
      });
      const error = one.readInt16();
      one.readUVarIntString(); // error message
      return { name, offsets: offsets.flat(), error };
    });
  },
});

const DESCRIBE = 8;

/**
 * Whether this client may describe the cluster, and so all groups: a broker lists only the groups that a client may describe, and
 * does not say that there are others.
 */
export const mayDescribeCluster: FlexibleRequest<boolean> = {
  key: 60,
  version: 0,
  name: 'DescribeCluster',
  encode: (body) => body.writeBoolean(true).writeUVarInt(0),
  decode: (body) => {
    body.readInt32(); // throttle time
    body.readInt16(); // error
    body.readUVarIntString(); // error message
    readText(body); // cluster id
    body.readInt32(); // controller
    readStructs(body, (one) => {
      one.readInt32(); // node id
      readText(one); // host
      one.readInt32(); // port
      one.readUVarIntString(); // rack
    });
    return ((body.readInt32() >> DESCRIBE) & 1) === 1;
  },
};
