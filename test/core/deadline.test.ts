import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Deadline } from '../../src/core/deadline.js';

describe('a deadline', () => {
  it('a deadline aborts a derived signal even after a garbage collection', async () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    if (typeof collect !== 'function') throw new Error('no gc');
    const combined = () => AbortSignal.any([new AbortController().signal, new Deadline(100).signal]);
    const ended = new Promise((resolve) => {
      const signal = combined();
      signal.addEventListener('abort', () => resolve(signal.reason));
    });
    // A turn of the loop later nothing on the stack holds it any more.
    await new Promise(setImmediate);
    collect();
    expect(await ended).toMatchObject({ name: 'TimeoutError' });
  });

  it('a deadline that was disposed of does not abort', async () => {
    const deadline = new Deadline(1);
    deadline[Symbol.dispose]();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(deadline.signal.aborted).toBe(false);
  });
});
