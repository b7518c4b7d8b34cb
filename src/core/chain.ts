import { assertNever } from './errors.js';
import type { Relayed } from './event.js';
import { type Offset, offset } from './ids.js';

/**
 * Checks that a node has seen every event of a partition. Pure functions map a state and an input to the next state
 * and the events to deliver.
 *
 * Kafka's offsets have holes (transactions, compaction), so nothing is ever compared to `offset + 1`. Each message
 * states the visible offset before it instead (`prev`). A beat states the newest relayed offset (D7). It belongs to a
 * partition, and is not the heartbeat of a connection.
 *
 * | state     | input                               | then                                                                |
 * |-----------|-------------------------------------|---------------------------------------------------------------------|
 * | any       | message or beat at or below `at`    | nothing                                                             |
 * | live      | `prev ≤ at`                         | deliver what is above `at`                                          |
 * | live      | `prev > at`                         | repairing, up to `prev`; the message is held                        |
 * | live      | beat above `at`                     | repairing, up to the beat                                           |
 * | repairing | message, within `maxHeldEvents`     | the message is held                                                 |
 * | repairing | message, beyond `maxHeldEvents`     | held messages and the new one are dropped; the repair extends to the new one's last offset |
 * | repairing | beat at or below the last held event, or `upTo` if none is held | nothing                                 |
 * | repairing | beat above that                     | held messages are dropped; the repair extends to the beat           |
 * | repairing | a part of the gap was read          | deliver it; still repairing, from the end of that part              |
 * | repairing | the whole gap was read              | deliver it, then the held messages, which may reveal another gap    |
 */
export type ChainState =
  | { readonly state: 'live'; readonly at: Offset }
  | {
      readonly state: 'repairing';
      readonly at: Offset;
      /** The gap is `(at, upTo]`. */
      readonly upTo: Offset;
      /** Messages received during the repair, in order. */
      readonly held: readonly RelayedMessage[];
      readonly heldEvents: number;
    };

/** A message of the fan-out: `events` are contiguous, and the first follows `prev`. */
export interface RelayedMessage {
  readonly prev: Offset;
  readonly events: readonly Relayed[];
}

export interface ChainStep {
  readonly chain: ChainState;
  /** To deliver now, in this order. Each is above everything that was delivered before. */
  readonly deliver: readonly Relayed[];
}

const NOTHING: readonly Relayed[] = [];

/**
 * A message arrived.
 * @param maxHeldEvents the limit of events that are held during a repair (C4)
 */
export function onRelayed(chain: ChainState, message: RelayedMessage, maxHeldEvents: number): ChainStep {
  const last = message.events.at(-1)?.offset;
  if (last === undefined || last <= chain.at) return { chain, deliver: NOTHING };
  switch (chain.state) {
    case 'live': {
      if (message.prev <= chain.at) {
        return { chain: { state: 'live', at: last }, deliver: above(message.events, chain.at) };
      }
      const gap: ChainState = {
        state: 'repairing',
        at: chain.at,
        upTo: message.prev,
        held: [],
        heldEvents: 0,
      };
      return { chain: hold(gap, message, last, maxHeldEvents), deliver: NOTHING };
    }
    case 'repairing':
      return { chain: hold(chain, message, last, maxHeldEvents), deliver: NOTHING };
    default:
      return assertNever(chain);
  }
}

/** D7: the newest relayed event is at `newest`. Reveals the loss of the last message. */
export function onBeat(chain: ChainState, newest: Offset): ChainStep {
  if (newest <= chain.at) return { chain, deliver: NOTHING };
  if (chain.state === 'live') {
    const gap: ChainState = { state: 'repairing', at: chain.at, upTo: newest, held: [], heldEvents: 0 };
    return { chain: gap, deliver: NOTHING };
  }
  const reach = chain.held.at(-1)?.events.at(-1)?.offset ?? chain.upTo;
  if (newest <= reach) return { chain, deliver: NOTHING };
  // Held messages end before the beat, so at least one after them was lost. Everything up to the beat is read instead.
  return { chain: { ...chain, upTo: newest, held: [], heldEvents: 0 }, deliver: NOTHING };
}

/** `events` were read: everything visible in `(chain.at, through]`. The read may extend beyond the gap. */
export function onRepaired(chain: ChainState, events: readonly Relayed[], through: Offset): ChainStep {
  if (chain.state === 'live') return { chain, deliver: NOTHING };
  const deliver = [...above(events, chain.at)];
  const at = offset(Math.max(chain.at, through));
  if (at < chain.upTo) return { chain: { ...chain, at }, deliver };
  let next: ChainState = { state: 'live', at };
  for (const message of chain.held) {
    const step = onRelayed(next, message, chain.heldEvents);
    deliver.push(...step.deliver);
    next = step.chain;
  }
  return { chain: next, deliver };
}

function hold(
  chain: Extract<ChainState, { state: 'repairing' }>,
  message: RelayedMessage,
  last: Offset,
  maxHeldEvents: number,
): ChainState {
  const heldEvents = chain.heldEvents + message.events.length;
  if (heldEvents > maxHeldEvents)
    return { ...chain, upTo: offset(Math.max(chain.upTo, last)), held: [], heldEvents: 0 };
  return { ...chain, held: [...chain.held, message], heldEvents };
}

function above(events: readonly Relayed[], at: Offset): readonly Relayed[] {
  const first = events[0];
  if (first !== undefined && first.offset > at) return events;
  return events.filter((event) => event.offset > at);
}
