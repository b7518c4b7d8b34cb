import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Relayed } from '../../src/core/event.js';
import { eventId, type Offset, offset, partition, type TopicId, topic, topicId } from '../../src/core/ids.js';
import type { TopicIdPartition, TopicPartition } from '../../src/core/position.js';
import type { Fanout, FanoutListener, NewestRelayed, RelayChunk } from '../../src/ports/fanout.js';

/** An upper bound for what is delivered asynchronously. */
export const SOON = { timeout: 30_000 };
/** About how many events of a partition the fan-outs under test keep. */
export const WINDOW_EVENTS = 1_000;

export const never: AbortSignal = new AbortController().signal;
// Each claim of each partition listens to it.
setMaxListeners(0, never);

/** A partition that nobody else uses. */
export function freshPartition(): TopicIdPartition {
  return { topic: topic(`t-${randomUUID()}`), partition: partition(3), topicId: topicId(randomUUID()) };
}

/** The same partition, after its topic was deleted and recreated. */
export function recreated(at: TopicPartition): TopicIdPartition {
  return { ...at, topicId: topicId(randomUUID()) };
}

export function relayed(at: number, changes: Partial<Relayed['event']> = {}): Relayed {
  return {
    offset: offset(at),
    timestamp: 1_700_000_000_000 + at,
    event: {
      id: eventId(`e${at}`),
      source: '/test',
      type: 'Tested',
      subject: `key-${at % 3}`,
      time: '2026-01-01T00:00:00.000Z',
      data: Buffer.from(`{"n":${at}}`),
      ...changes,
    },
  };
}

/** Everything in `(after, through]`; the visible ones are `at`. */
export function chunk(after: number, through: number, at: readonly number[]): RelayChunk {
  return { after: offset(after), through: offset(through), events: at.map((n) => relayed(n)) };
}

export function upTo(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Where a relay begins. */
export const start = ({ topicId: id }: TopicIdPartition, progress: number) => ({
  topicId: id,
  progress: offset(progress),
});

/** Claims a partition and sets its progress. @returns the token */
export async function claimAt(fanout: Fanout, at: TopicIdPartition, progress: number): Promise<string> {
  const { token } = await fanout.claim(at, never);
  if ((await fanout.reset(at, token, start(at, progress))) !== 'RESET') throw new Error('fenced');
  return token;
}

/** Records everything that it receives. */
export class RecordingListener implements FanoutListener {
  readonly messages: { prev: Offset; offsets: Offset[] }[] = [];
  readonly events: Relayed[] = [];
  readonly beats: Offset[] = [];
  /** The topic of each message and beat. */
  readonly topicIds: (TopicId | undefined)[] = [];
  resumptions = 0;

  get offsets(): number[] {
    return this.events.map((event) => event.offset);
  }
  relayed(prev: Offset, events: readonly Relayed[], id: TopicId | undefined): void {
    this.topicIds.push(id);
    this.messages.push({ prev, offsets: events.map((event) => event.offset) });
    this.events.push(...events);
  }
  beat({ last, topicId: id }: NewestRelayed): void {
    this.topicIds.push(id);
    this.beats.push(last);
  }
  layoutChanges = 0;

  layoutChanged(): void {
    this.layoutChanges += 1;
  }

  resumed(): void {
    this.resumptions += 1;
  }
}
