import { describe, expect, it } from 'vitest';
import { resultHappening } from '../../src/playground/log/happenings.js';
import { jsonLines } from '../../src/playground/log/json-lines.js';
import { ResultLog } from '../../src/playground/log/result-log.js';

const said = (n: number | string) =>
  resultHappening({ data: { said: { n } } }, { origin: 'live', cursor: `c${n}` });

/** A log whose views are told when the test says so. */
function open(limits = { entries: 5, bytes: 2_000 }) {
  const due: (() => void)[] = [];
  const log = new ResultLog(limits, (show) => due.push(show));
  let told = 0;
  log.subscribe(() => {
    told += 1;
  });
  const show = () => {
    for (const one of due.splice(0)) one();
    return log.state();
  };
  return { log, show, told: () => told };
}

const textsOf = ({ entries }: ReturnType<ResultLog['state']>) =>
  entries.map((entry) => (entry.kind === 'result' ? entry.text : entry.kind));

describe('the log of results', () => {
  it('keeps every result of a burst in its order, and tells its views once', () => {
    const { log, show, told } = open({ entries: 5_000, bytes: 20_000_000 });
    for (let n = 0; n < 3_000; n++) log.add(1, n, said(n));
    const { entries, dropped } = show();
    expect(entries.map(({ id, at }) => [id, at])).toEqual(
      Array.from({ length: 3_000 }, (_, n) => [n + 1, n]),
    );
    expect([dropped, told()]).toEqual([0, 1]);
  });

  it('C4 drops the oldest entries at its bound of entries, and counts them', () => {
    const { log, show } = open();
    for (let n = 0; n < 12; n++) log.add(1, n, said(n));
    expect(textsOf(show())).toEqual([7, 8, 9, 10, 11].map((n) => `{"data":{"said":{"n":${n}}}}`));
    expect(show().dropped).toBe(7);
    log.add(1, 12, said(12));
    expect(show().entries.map(({ id }) => id)).toEqual([9, 10, 11, 12, 13]);
  });

  it('C4 drops the oldest entries at its bound of bytes', () => {
    const { log, show } = open({ entries: 5_000, bytes: 2_000 });
    for (let n = 0; n < 4; n++) log.add(1, n, said('x'.repeat(700)));
    const { entries, bytes, dropped } = show();
    expect([entries.length, dropped]).toEqual([2, 2]);
    expect(bytes).toBeLessThanOrEqual(2_000);
    expect(bytes).toBeGreaterThan(1_400);
  });

  it('C4 keeps the cursor alone of a result that is larger than the log may be', () => {
    const { log, show } = open();
    log.add(1, 0, said(1));
    log.add(1, 1, said('ä'.repeat(1_001)));
    const [first, large] = show().entries;
    expect(first).toMatchObject({ cursor: 'c1', text: expect.any(String) });
    expect(large).toMatchObject({ kind: 'result', text: undefined, cursor: expect.stringMatching(/^cä/) });
    expect(large?.kind === 'result' && large.bytes).toBeGreaterThan(2_000);
  });

  it('is empty after it is cleared, and counts on', () => {
    const { log, show } = open();
    for (let n = 0; n < 7; n++) log.add(1, n, said(n));
    log.clear();
    expect(show()).toEqual({ entries: [], bytes: 0, dropped: 0 });
    log.add(1, 7, said(7));
    expect(show().entries.map(({ id }) => id)).toEqual([8]);
  });

  it('is exported as one line of JSON for each entry', () => {
    const { log, show } = open();
    log.add(3, 0, said(1));
    log.add(3, 1_000, { kind: 'gap', reason: 'RETENTION', earliest: 'c0' });
    const lines = jsonLines(show().entries).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        id: 1,
        run: 3,
        at: '1970-01-01T00:00:00.000Z',
        kind: 'result',
        origin: 'live',
        bytes: 25,
        cursor: 'c1',
        result: { data: { said: { n: 1 } } },
      },
      { id: 2, run: 3, at: '1970-01-01T00:00:01.000Z', kind: 'gap', reason: 'RETENTION', earliest: 'c0' },
    ]);
  });
});

describe('what a result is called', () => {
  it('is the type of its first field, or else that of its event', () => {
    const event = { id: 'e', type: 'OrderPlaced', time: '', topic: 't', partition: 0, offset: '1' };
    const typed = { data: { order: { __typename: 'Order' } } };
    expect(resultHappening(typed, { origin: 'live', event })).toMatchObject({ type: 'Order', trace: 'e' });
    expect(resultHappening({ data: null }, { origin: 'live', event })).toMatchObject({ type: 'OrderPlaced' });
  });

  it('has the correlation id of the answer, which is that of the first attempt, before the one that was sent', () => {
    const context = { origin: 'answer', correlationId: 'mine' } as const;
    const answer = { data: { placeOrder: { correlationId: 'first' } } };
    expect(resultHappening(answer, context)).toMatchObject({ trace: 'first' });
    expect(resultHappening({ data: { placeOrder: null } }, context)).toMatchObject({ trace: 'mine' });
  });
});
