import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Deadline } from '../../src/core/deadline.js';

describe('a deadline', () => {
  it('comes, also when only a signal made of it is waited for and garbage is collected meanwhile', async () => {
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

  it('does not come once it is disposed of', async () => {
    const deadline = new Deadline(1);
    deadline[Symbol.dispose]();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(deadline.signal.aborted).toBe(false);
  });
});
