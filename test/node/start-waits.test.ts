import { describe, expect, it } from 'vitest';
import { deferred } from '../../src/core/async.js';
import { StartWaits } from '../../src/node/start-waits.js';

function open(sayAfterMs: number) {
  const lines: string[] = [];
  const heard = deferred();
  const say = (sentence: string): void => {
    lines.push(sentence);
    heard.resolve();
  };
  return { waits: new StartWaits(say, sayAfterMs), lines, heard: heard.promise };
}

describe('the start of a process', () => {
  it('says once what it waits for, and once that the wait is over', async () => {
    const { waits, lines, heard } = open(1);
    const work = deferred<number>();
    const result = waits.for('Kafka to answer', work.promise);
    await heard;
    work.resolve(7);
    expect(await result).toBe(7);
    expect(lines).toEqual([
      'Waiting for Kafka to answer …',
      expect.stringMatching(/^Waited \d+\.\d s for Kafka to answer\.$/),
    ]);
  });

  it('says nothing of a short wait, nor that one is over that failed', async () => {
    const { waits, lines, heard } = open(1);
    expect(await open(60_000).waits.for('Kafka', Promise.resolve(1))).toBe(1);
    const work = deferred<number>();
    const result = waits.for('Kafka', work.promise);
    await heard;
    work.reject(new Error('refused'));
    await expect(result).rejects.toThrow('refused');
    expect(lines).toEqual(['Waiting for Kafka …']);
  });
});
