#!/usr/bin/env bash
# kafkajs 2.2.4 shares the topics of a group's leader among all of its members, whatever each has subscribed to: its one assigner never looks
# at the topics that members announce. Two members with different topics may both wait for ever: the leader's partition is given to the
# member that does not read it, and nobody is given the other topic. Java's assigners give each member its own topics.
# What Millrace does: a redrive of dead letters that is given nothing to do leaves the group for a while, src/dead-letters/redrive.ts.
#
# Seen with kafkajs 2.2.4 on Node 20.20:
#   b {"orders":[0]}: b, which reads stock, is given what the leader reads; the leader is given nothing, and stock belongs to nobody
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > run.mjs <<'JS'
import kafkajs from 'kafkajs';

const { AssignerProtocol, PartitionAssigners } = kafkajs;
// All that the assigner asks of a cluster: each topic has one partition.
const cluster = { findTopicPartitionMetadata: () => [{ partitionId: 0 }] };
const assigner = PartitionAssigners.roundRobin({ cluster });
const member = (memberId, topics) => ({ memberId, memberMetadata: assigner.protocol({ topics }).metadata });
// kafkajs passes the leader's own topics. Members are sorted by ids, which the broker makes: here the leader's comes last.
const members = [member('z-leader', ['orders']), member('b', ['stock'])];
const assigned = await assigner.assign({ members, topics: ['orders'] });
for (const { memberId, memberAssignment } of assigned)
  console.log(memberId, JSON.stringify(AssignerProtocol.MemberAssignment.decode(memberAssignment).assignment));
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = 'b {"orders":[0]}' ]
