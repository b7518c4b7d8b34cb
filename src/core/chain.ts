import { assertNever } from './errors.js';
import type { Relayed } from './event.js';
import { type Offset, offset } from './ids.js';

/**
 * How a node stands to one partition that it follows: a state, and pure functions that say what to
 * deliver and what to fetch when something is heard. Kafka's offsets have holes (transactions,
 * compaction), so nothing is ever tested against `offset + 1`: each message says what it follows (`prev`).
 *
 * | state     | heard            | then                                                     |
 * |-----------|------------------|----------------------------------------------------------|
 * | live      | `prev ≤ at`      | deliver what is above `at`                               |
 * | live      | `prev > at`      | repairing up to `prev`; the message is held              |
 * | live      | beat above `at`  | repairing up to the beat                                 |
 * | repairing | a message, room  | held                                                     |
 * | repairing | a message, full  | held ones are dropped and the repair goes up to the last |
 * | repairing | beat above       | the repair goes up to the beat                           |
 * | repairing | the range read   | deliver it, then what was held, which may show a new gap |
 */
export type Link =
  | { readonly state: 'live'; readonly at: Offset }
  | {
      readonly state: 'repairing';
      readonly at: Offset;
      /** The gap is `(at, upTo]`. */
      readonly upTo: Offset;
      /** Heard meanwhile, in order. */
      readonly held: readonly Heard[];
      readonly heldEvents: number;
    };

/** A message of the fan-out: `events` follow each other, and the first follows `prev`. */
export interface Heard {
  readonly prev: Offset;
  readonly events: readonly Relayed[];
}

export interface Step {
  readonly link: Link;
  /** To be delivered now, in this order; each is above everything delivered before. */
  readonly deliver: readonly Relayed[];
}

const NOTHING: readonly Relayed[] = [];

/** Something was relayed. `room` is how many events may be held during a repair (C4). */
export function onRelayed(link: Link, heard: Heard, room: number): Step {
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

/** The newest event relayed is known to be at `newest`: a loss that nothing follows shows here (D7). */
export function onBeat(link: Link, newest: Offset): Step {
  if (newest <= link.at) return { link, deliver: NOTHING };
  if (link.state === 'live') {
    const gap: Link = { state: 'repairing', at: link.at, upTo: newest, held: [], heldEvents: 0 };
    return { link: gap, deliver: NOTHING };
  }
  const reach = link.held.at(-1)?.events.at(-1)?.offset ?? link.upTo;
  if (newest <= reach) return { link, deliver: NOTHING };
  // What is held reaches less far than the beat: everything up to the beat is read instead.
  return { link: { ...link, upTo: newest, held: [], heldEvents: 0 }, deliver: NOTHING };
}

/** Everything visible in `(link.at, through]` was read: `events`. It may reach further than asked. */
export function onRepaired(link: Link, events: readonly Relayed[], through: Offset): Step {
  if (link.state === 'live') return { link, deliver: NOTHING };
  const deliver = [...above(events, link.at)];
  const at = offset(Math.max(link.at, through));
  if (at < link.upTo) return { link: { ...link, at }, deliver };
  let next: Link = { state: 'live', at };
  let left = link.held;
  while (left.length > 0) {
    const [first, ...others] = left;
    left = others;
    if (first === undefined) break;
    const step = onRelayed(next, first, link.heldEvents);
    deliver.push(...step.deliver);
    next = step.link;
  }
  return { link: next, deliver };
}

function hold(link: Extract<Link, { state: 'repairing' }>, heard: Heard, last: Offset, room: number): Link {
  const heldEvents = link.heldEvents + heard.events.length;
  if (heldEvents > room) return { ...link, upTo: offset(Math.max(link.upTo, last)), held: [], heldEvents: 0 };
  return { ...link, held: [...link.held, heard], heldEvents };
}

function above(events: readonly Relayed[], at: Offset): readonly Relayed[] {
  const first = events[0];
  if (first !== undefined && first.offset > at) return events;
  return events.filter((event) => event.offset > at);
}
