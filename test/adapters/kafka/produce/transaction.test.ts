import { describe, expect, it } from 'vitest';
import {
  onAdd,
  onBegin,
  onCommit,
  onCommitted,
  onFailure,
  UNIDENTIFIED,
} from '../../../../src/adapters/kafka/produce/transaction.js';
import { errorOfCode } from '../../../../src/adapters/kafka/wire/internals.js';
import { ProducerId } from '../../../../src/adapters/kafka/wire/producer-id.js';
import { MillraceError } from '../../../../src/core/errors.js';
import { ERRORS } from '../scripted-broker.js';

const producer = new ProducerId('7', 0, 'id');
const ready = onBegin(producer);
const open = onAdd(ready);
const committing = onCommit(open);
const failure = new Error('a failure');
const fenced = errorOfCode(ERRORS.invalidProducerEpoch);

describe('the states of a transaction', () => {
  it('a transaction is opened, committed, and followed by the next one of the same identity', () => {
    expect(ready).toEqual({ state: 'ready', producer });
    expect(open).toEqual({ state: 'open', producer });
    expect(committing).toEqual({ state: 'committing', producer });
    expect(onCommitted(committing)).toEqual(ready);
  });

  it('a step out of order is an error', () => {
    for (const state of [UNIDENTIFIED, open, committing]) expect(() => onAdd(state)).toThrow(state.state);
    for (const state of [UNIDENTIFIED, ready, committing]) expect(() => onCommit(state)).toThrow(state.state);
    for (const state of [UNIDENTIFIED, ready, open]) expect(() => onCommitted(state)).toThrow(state.state);
  });

  it('D1: a failure before the commit aborts the transaction and gives up the identity', () => {
    for (const state of [ready, open]) {
      const step = { transaction: UNIDENTIFIED, outcome: 'aborted', abort: producer };
      expect(onFailure(state, failure)).toEqual(step);
    }
  });

  it('D9: a later owner of the transactional id has aborted the transaction already', () => {
    const wrapped = new MillraceError('PUBLISH_FAILED', 'not written', { cause: fenced });
    for (const error of [fenced, wrapped]) {
      const step = { transaction: UNIDENTIFIED, outcome: 'fenced', abort: undefined };
      expect(onFailure(open, error)).toEqual(step);
    }
  });

  it('D1: any failure of the commit leaves the outcome uncertain, even one that says fenced', () => {
    for (const error of [failure, fenced]) {
      const step = { transaction: UNIDENTIFIED, outcome: 'uncertain', abort: undefined };
      expect(onFailure(committing, error)).toEqual(step);
    }
  });

  it('a failure without an identity leaves nothing to abort', () => {
    const step = { transaction: UNIDENTIFIED, outcome: 'aborted', abort: undefined };
    expect(onFailure(UNIDENTIFIED, failure)).toEqual(step);
  });
});
