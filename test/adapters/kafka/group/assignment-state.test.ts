import { describe, expect, it } from 'vitest';
import {
  type AssignmentState,
  fetchPosition,
  INITIAL,
  onEnded,
  onFetched,
  onHandlerFailed,
  onOutOfRange,
  onStarted,
  onTake,
  type QueuedBatch,
} from '../../../../src/adapters/kafka/group/assignment-state.js';
import { offset, partition, topic } from '../../../../src/core/ids.js';

/** A fetched batch without records that covers the offsets up to `last`. */
const upTo = (last: number): QueuedBatch => ({
  topic: topic('t'),
  partition: partition(0),
  records: [],
  last: offset(last),
  end: offset(100),
  error: undefined,
});

const starting = (positionLost = false): AssignmentState => ({ state: 'starting', epoch: 3, positionLost });
const running = (position: number, ...lasts: number[]): AssignmentState => ({
  state: 'running',
  epoch: 3,
  position: offset(position),
  queue: lasts.map(upTo),
});
const draining = (...lasts: number[]): AssignmentState => ({
  state: 'draining',
  epoch: 3,
  queue: lasts.map(upTo),
});
const ended: AssignmentState = { state: 'ended', lost: false };

describe('the states of an assignment', () => {
  it('an assignment starts without a position, and fetches nothing', () => {
    expect(INITIAL).toEqual({ state: 'starting', epoch: 0, positionLost: false });
    for (const state of [INITIAL, draining(4), ended]) expect(fetchPosition(state)).toBeUndefined();
  });

  it('an assignment that knows where to begin fetches from there, in a new epoch', () => {
    const { state, effects } = onStarted(starting(true), offset(10));
    expect(state).toEqual({ state: 'running', epoch: 4, position: 10, queue: [] });
    expect(effects).toEqual(['fetch']);
    expect(fetchPosition(state)).toEqual({ from: 10, epoch: 4 });
  });

  it('an assignment that ended while it started stays ended', () => {
    expect(onStarted(ended, offset(10))).toEqual({ state: ended, effects: [] });
  });

  it('D3: a fetched batch is queued, and the next fetch begins after it', () => {
    const { state, effects } = onFetched(running(10), upTo(14), 3);
    expect(state).toEqual(running(15, 14));
    expect(effects).toEqual(['handle']);
  });

  it('an answer without any batch covers what is before the last stable offset, and nothing at it', () => {
    const hole = { ...upTo(0), last: undefined, end: offset(20) };
    expect(onFetched(running(10), hole, 3).state).toMatchObject({ position: 20, queue: [{ last: 19 }] });
    const nothing = { ...hole, end: offset(10) };
    expect(onFetched(running(10), nothing, 3)).toEqual({ state: running(10), effects: [] });
  });

  it('D3: an answer from before the position was reset is dropped', () => {
    expect(onFetched(running(0), upTo(19), 2)).toEqual({ state: running(0), effects: [] });
    expect(onOutOfRange(running(0), 2)).toEqual({ state: running(0), effects: [] });
    for (const state of [starting(), draining(4), ended]) {
      expect(onFetched(state, upTo(19), 3)).toEqual({ state, effects: [] });
      expect(onOutOfRange(state, 3)).toEqual({ state, effects: [] });
    }
  });

  it('C4: nothing is fetched while two batches are queued', () => {
    expect(fetchPosition(running(15, 14))).toEqual({ from: 15, epoch: 3 });
    expect(fetchPosition(running(20, 14, 19))).toBeUndefined();
    const { state, batch, effects } = onTake(running(20, 14, 19));
    expect(batch).toEqual(upTo(14));
    expect(effects).toEqual(['fetch']);
    expect(fetchPosition(state)).toEqual({ from: 20, epoch: 3 });
  });

  it('C4: a small batch joins the one that waits, up to a limit, so that a busy handler commits less often', () => {
    const of = (first: number, last: number, bytes: number): QueuedBatch => ({
      ...upTo(last),
      records: Array.from({ length: last - first + 1 }, (_, i) => ({
        offset: offset(first + i),
        timestamp: 0,
        key: null,
        headers: {},
        value: Buffer.alloc(bytes),
      })),
    });
    let { state } = onFetched(running(10), of(10, 11, 10), 3);
    ({ state } = onFetched(state, { ...of(12, 14, 10), end: offset(200) }, 3));
    expect(state).toEqual({ ...running(15), queue: [{ ...of(10, 14, 10), end: 200 }] });
    expect(fetchPosition(state)).toEqual({ from: 15, epoch: 3 });
    ({ state } = onFetched(state, of(15, 15, 300_000), 3));
    expect(state).toMatchObject({ position: 16, queue: [{ last: 14 }, { last: 15 }] });
    expect(fetchPosition(state)).toBeUndefined();
  });

  it('an assignment without a queued batch gives none', () => {
    for (const state of [starting(), running(10), ended]) {
      expect(onTake(state)).toEqual({ state, effects: [], batch: undefined });
    }
  });

  it('D5: a lost position makes it start again, after the batches that are queued', () => {
    const lost = onOutOfRange(running(20, 14, 19), 3);
    expect(lost).toEqual({ state: draining(14, 19), effects: ['recheckTopic', 'handle'] });
    const first = onTake(lost.state);
    expect(first).toEqual({ state: draining(19), effects: [], batch: upTo(14) });
    const second = onTake(first.state);
    expect(second).toEqual({ state: starting(true), effects: [], batch: upTo(19) });
    expect(onOutOfRange(running(20), 3).state).toEqual(starting(true));
  });

  it('D3: a batch that its handler rejects is fetched again, and what was fetched after it is dropped', () => {
    const { state, effects } = onHandlerFailed(running(20, 14, 19), offset(5), false);
    expect(state).toEqual({ state: 'running', epoch: 4, position: 5, queue: [] });
    expect(effects).toEqual(['fetch']);
  });

  it('D1: a batch is not handed out again when its commit succeeded after all: the handler is asked where to begin', () => {
    const { state } = onHandlerFailed(running(20, 14), offset(5), true);
    expect(state).toEqual({ state: 'starting', epoch: 4, positionLost: false });
  });

  it('D5: a lost position is not forgotten when the handler fails in the meantime', () => {
    const again: AssignmentState = { state: 'starting', epoch: 4, positionLost: true };
    expect(onHandlerFailed(draining(14), offset(5), false).state).toEqual(again);
    expect(onHandlerFailed(starting(true), offset(5), true).state).toEqual(again);
  });

  it('D9: an assignment that was lost stays lost', () => {
    for (const state of [starting(), running(20, 14), draining(14)]) {
      expect(onEnded(state, true)).toEqual({ state: { state: 'ended', lost: true }, effects: ['handle'] });
      expect(onEnded(state, false).state).toEqual(ended);
    }
    expect(onEnded({ state: 'ended', lost: true }, false).state).toEqual({ state: 'ended', lost: true });
    expect(onHandlerFailed(ended, offset(5), false)).toEqual({ state: ended, effects: [] });
  });
});
