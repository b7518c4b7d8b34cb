import { assertNever } from './errors.js';
import type { Relayed } from './event.js';
import { type Offset, offset } from './ids.js';

/**
 * The chain check: whether a node has seen every event of a partition. A state, and pure functions that return the next
 * state and what to deliver.
 *
 * Kafka's offsets have holes (transactions, compaction), so nothing is ever compared to `offset + 1`. Each message
 * states the visible offset before it instead (`prev`).
 *
 * | state     | input            | then                                                              |
 * |-----------|------------------|-------------------------------------------------------------------|
 * | live      | `prev ≤ at`      | deliver what is above `at`                                        |
 * | live      | `prev > at`      | repairing, up to `prev`; the message is held                      |
 * | live      | beat above `at`  | repairing, up to the beat                                         |
 * | repairing | message, room    | the message is held                                               |
 * | repairing | message, no room | held messages are dropped; the repair extends to the last of them |
 * | repairing | beat above       | the repair extends to the beat                                    |
 * | repairing | the range read   | deliver it, then the held messages, which may reveal another gap  |
 */
export type Link =
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

export interface Step {
  readonly link: Link;
  /** To deliver now, in this order. Each is above everything that was delivered before. */
  readonly deliver: readonly Relayed[];
}

const NOTHING: readonly Relayed[] = [];

/**
 * A message arrived.
 * @param room how many events may be held during a repair (C4)
 */
export function onRelayed(link: Link, heard: RelayedMessage, room: number): Step {
  const last = heard.events.at(-1)?.offset;
  if (last === undefined || last <= link.at) return { link, deliver: NOTHING };
  switch (link.state) {
    case 'live': {
      if (heard.prev <= link.at) {
        return { link: { state: 'live', at: last }, deliver: above(heard.events, link.at) };
      }
      const gap: Link = { state: 'repairing', at: link.at, upTo: heard.prev, held: [], heldEvents: 0 };
      return { link: hold(gap, heard, last, room), deliver: NOTHING };
    }
    case 'repairing':
      return { link: hold(link, heard, last, room), deliver: NOTHING };
    default:
      return assertNever(link);
  }
}

/** D7: the newest relayed event is at `newest`. Reveals a lost message that no other message follows. */
export function onBeat(link: Link, newest: Offset): Step {
  if (newest <= link.at) return { link, deliver: NOTHING };
  if (link.state === 'live') {
    const gap: Link = { state: 'repairing', at: link.at, upTo: newest, held: [], heldEvents: 0 };
    return { link: gap, deliver: NOTHING };
  }
  const reach = link.held.at(-1)?.events.at(-1)?.offset ?? link.upTo;
  if (newest <= reach) return { link, deliver: NOTHING };
  // Held messages end before the beat, so at least one after them was lost. Everything up to the beat is read instead.
  return { link: { ...link, upTo: newest, held: [], heldEvents: 0 }, deliver: NOTHING };
}

/** `events` were read: everything visible in `(link.at, through]`. The read may extend beyond the gap. */
export function onRepaired(link: Link, events: readonly Relayed[], through: Offset): Step {
  if (link.state === 'live') return { link, deliver: NOTHING };
  const deliver = [...above(events, link.at)];
  const at = offset(Math.max(link.at, through));
  if (at < link.upTo) return { link: { ...link, at }, deliver };
  let next: Link = { state: 'live', at };
  for (const heard of link.held) {
    const step = onRelayed(next, heard, link.heldEvents);
    deliver.push(...step.deliver);
    next = step.link;
  }
  return { link: next, deliver };
}

function hold(
  link: Extract<Link, { state: 'repairing' }>,
  heard: RelayedMessage,
  last: Offset,
  room: number,
): Link {
  const heldEvents = link.heldEvents + heard.events.length;
  if (heldEvents > room) return { ...link, upTo: offset(Math.max(link.upTo, last)), held: [], heldEvents: 0 };
  return { ...link, held: [...link.held, heard], heldEvents };
}

function above(events: readonly Relayed[], at: Offset): readonly Relayed[] {
  const first = events[0];
  if (first !== undefined && first.offset > at) return events;
  return events.filter((event) => event.offset > at);
}
