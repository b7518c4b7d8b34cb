import type { Received, Recorder } from '../../support/recorder.js';

export function first(recorder: Recorder | undefined): Received {
  return defined(recorder?.received[0]);
}

export function last(recorder: Recorder | undefined): Received {
  return defined(recorder?.received.at(-1));
}

/** The newest cursor of a subscriber, and the offset that it has reached in each partition. */
export function positionOf(recorder: Recorder | undefined) {
  const received = [...(recorder?.received ?? [])];
  const cursor = defined(received.at(-1)?.cursor);
  return { cursor, at: new Map(received.map(({ partition, offset }) => [partition, offset])) };
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('Nothing was received');
  return value;
}
