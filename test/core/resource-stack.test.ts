import { describe, expect, it } from 'vitest';
import { ResourceStack } from '../../src/core/resource-stack.js';

describe('ResourceStack', () => {
  it('disposes of its resources in reverse order, one after the other', async () => {
    const ended: string[] = [];
    {
      await using stack = new ResourceStack();
      stack.use({
        [Symbol.asyncDispose]: async () => {
          await new Promise(setImmediate);
          ended.push('first');
        },
      });
      stack.use({ [Symbol.dispose]: () => void ended.push('second') });
      stack.defer(() => void ended.push('third'));
    }
    expect(ended).toEqual(['third', 'second', 'first']);
  });

  it('disposes of all resources when one fails, and throws that failure', async () => {
    const ended: string[] = [];
    const stack = new ResourceStack();
    stack.defer(() => void ended.push('first'));
    stack.defer(() => {
      throw new Error('no');
    });
    await expect(stack[Symbol.asyncDispose]()).rejects.toThrow('no');
    expect(ended).toEqual(['first']);
    await stack[Symbol.asyncDispose]();
  });
});
