import { expect, vi } from 'vitest';
import type { Appended } from '../../support/appended.js';
import type { Recorder } from '../../support/recorder.js';
import { EVENTUALLY } from './ceiling.js';

/** What a subscriber of any kind received. */
export type ReceivedLog = Pick<Recorder, 'name' | 'received' | 'faults'>;

export interface Judged<Log extends ReceivedLog = Recorder> {
  readonly recorder: Log;
  /** Where it started, by partition: the last offset that must not be shown. By default the beginning. */
  readonly after?: ReadonlyMap<number, number>;
}

/**
 * Waits until each subscriber has the newest event of each partition. Then expects of each: no loss, no duplicate, no
 * disorder, no unknown event, no error, no silence.
 */
export async function expectAll(
  subscribers: readonly (ReceivedLog | Judged<ReceivedLog>)[],
  appended: Appended,
): Promise<void> {
  const judged = subscribers.map((one) => ('recorder' in one ? one : { recorder: one }));
  // A subscriber that has ended receives nothing more, so do not wait for it.
  const due = () => judged.filter(({ recorder }) => recorder.faults.length === 0);
  // Not `expect.poll`, which cases that run at the same time take from each other.
  await vi.waitFor(
    () =>
      expect(
        due()
          .flatMap((one) => silence(one, appended))
          .join('\n'),
      ).toBe(''),
    EVENTUALLY,
  );
  expect(judged.flatMap((one) => report(one, appended)).join('\n')).toBe('');
}

/** One line for each partition whose newest appended event the subscriber has not received. */
export function silence({ recorder, after }: Judged<ReceivedLog>, { newest }: Appended): readonly string[] {
  const at = new Map<number, number>(after);
  for (const { partition, offset } of recorder.received)
    at.set(partition, Math.max(offset, at.get(partition) ?? -1));
  return [...newest].flatMap(([partition, offset]) => {
    const here = at.get(partition) ?? -1;
    return here >= offset
      ? []
      : [`${recorder.name}: silent at ${partition}/${here}, the newest is ${offset}`];
  });
}

/** Loss, duplicates, disorder and unknown events of a subscriber: at most ten lines. */
export function report(
  { recorder, after = new Map() }: Judged<ReceivedLog>,
  appended: Appended,
): readonly string[] {
  const faults = [...recorder.faults];
  const ids = new Set<string>();
  const texts = new Set<string>();
  const at = new Map<number, number>(after);
  for (const { id, partition, offset, text } of recorder.received) {
    const place = `${partition}/${offset}`;
    if (ids.has(id) || (text !== undefined && texts.has(text))) faults.push(`duplicate ${id} at ${place}`);
    ids.add(id);
    if (text !== undefined) texts.add(text);
    const before = at.get(partition) ?? -1;
    if (offset <= before) faults.push(`disorder: ${place} after ${partition}/${before}`);
    at.set(partition, offset);
    const known = appended.accepted.get(id);
    if (known === undefined && !appended.uncertain.has(text ?? '')) faults.push(`unknown ${id} at ${place}`);
    // An offset of -1: the mutation's answer has no reliable position, so only the id is compared.
    if (
      known !== undefined &&
      known.offset >= 0 &&
      (known.partition !== partition || known.offset !== offset)
    )
      faults.push(`${id} was appended at ${known.partition}/${known.offset}, and shown at ${place}`);
  }
  const due = [...appended.accepted.values()].filter(
    ({ partition, offset }) => offset > (after.get(partition) ?? -1),
  );
  const lost = due.filter(({ id }) => !ids.has(id));
  const [first] = lost;
  if (first !== undefined)
    faults.push(`${lost.length} of ${due.length} lost, the first at ${first.partition}/${first.offset}`);
  return faults.slice(0, 10).map((fault) => `${recorder.name}: ${fault}`);
}
