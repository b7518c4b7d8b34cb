import fc from 'fast-check';
import { assertNever } from '../../../src/core/errors.js';
import { offset } from '../../../src/core/ids.js';
import type { Script } from './script.js';
import { type InterleavedStage, KINDS, NODES, PARTITIONS } from './stage.js';

/** What may happen to a log, a fan-out and their clients. */
export type Action =
  | { readonly do: 'say'; readonly partition: number; readonly key: 0 | 1; readonly hole: number }
  | {
      readonly do: 'relay';
      readonly partition: number;
      readonly limit: number;
      readonly lost: readonly number[];
    }
  | { readonly do: 'beat'; readonly partition: number; readonly lost: readonly number[] }
  | { readonly do: 'evict'; readonly partition: number }
  | { readonly do: 'retain'; readonly partition: number; readonly back: number }
  | { readonly do: 'pass'; readonly milliseconds: number }
  | { readonly do: 'start'; readonly node: number; readonly kind: number; readonly credit: number }
  | {
      readonly do: 'resume';
      readonly who: number;
      readonly share: number;
      readonly node: number;
      readonly credit: number;
    }
  | { readonly do: 'drain'; readonly who: number; readonly credit: number }
  | { readonly do: 'renew'; readonly who: number; readonly tier: string }
  | { readonly do: 'close'; readonly who: number };

const number = fc.nat(PARTITIONS - 1);
const node = fc.nat(NODES - 1);
const lost: fc.Arbitrary<readonly number[]> = fc.oneof(fc.constant([]), fc.subarray([0, 1]));
const credit = fc.constantFrom(1, 2, 4, 1_000, 1_000, 1_000);
const who = fc.nat(30);

const is = <T extends string>(name: T) => fc.constant(name);

const ACTION: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('say'),
      partition: number,
      key: fc.constantFrom<(0 | 1)[]>(0, 1),
      // Control records and what compaction took; now and then more than one step of a replay covers.
      hole: fc.constantFrom(0, 0, 0, 1, 70),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('relay'),
      partition: number,
      limit: fc.integer({ min: 1, max: 4 }),
      lost,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is('beat'), partition: number, lost }) },
  { weight: 1, arbitrary: fc.record({ do: is('evict'), partition: number }) },
  { weight: 1, arbitrary: fc.record({ do: is('pass'), milliseconds: fc.constantFrom(500, 1_000, 2_000) }) },
  { weight: 4, arbitrary: fc.record({ do: is('start'), node, kind: fc.nat(KINDS - 1), credit }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: is('resume'),
      who,
      // Often the newest, which another node may not have yet.
      share: fc.oneof(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.constant(0.999)),
      node,
      credit,
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: is('drain'), who, credit }) },
  // S2: in and out of cohorts, also while it starts, replays and waits for room.
  { weight: 4, arbitrary: fc.record({ do: is('renew'), who, tier: fc.constantFrom('tin', 'gold') }) },
  { weight: 1, arbitrary: fc.record({ do: is('close'), who }) },
);

const RETAIN: fc.Arbitrary<Action> = fc.record({ do: is('retain'), partition: number, back: fc.nat(6) });

export const actions = fc.array(ACTION, { minLength: 10, maxLength: 60, size: 'max' });
/** With a log that takes its beginnings away meanwhile. */
export const actionsWithRetention = fc.array(
  fc.oneof({ weight: 6, arbitrary: ACTION }, { weight: 1, arbitrary: RETAIN }),
  { minLength: 10, maxLength: 60, size: 'max' },
);

export function perform(action: Action, stage: InterleavedStage, script: Script): void {
  const { log, fanout, followers } = stage;
  const someone = 'who' in action ? followers[action.who % Math.max(1, followers.length)] : undefined;
  switch (action.do) {
    case 'say':
      stage.say(action.partition, action.key, action.hole);
      break;
    case 'relay':
      fanout.relay(action.partition, action.limit, action.lost);
      break;
    case 'beat':
      fanout.beat(action.partition, action.lost);
      break;
    case 'evict':
      fanout.evict(action.partition);
      break;
    case 'retain': {
      // The relay is not so late that retention passes it.
      const { newest } = fanout.state(action.partition);
      if (newest !== undefined) log.truncate(action.partition, offset(newest - action.back));
      break;
    }
    case 'pass':
      script.tick(action.milliseconds);
      break;
    case 'start':
      stage.start(action.node, action.kind, action.credit);
      break;
    case 'resume':
      if (someone !== undefined) stage.resume(someone, action.share, action.node, action.credit);
      break;
    case 'drain':
      someone?.drain(action.credit);
      break;
    case 'renew':
      someone?.renew(action.tier);
      break;
    case 'close':
      someone?.close();
      break;
    default:
      assertNever(action);
  }
}
