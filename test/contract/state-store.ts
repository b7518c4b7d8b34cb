import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateStore } from '../../src/ports/state-store.js';

const EXPIRED = { timeout: 30_000 };
const bytes = (text: string): Buffer => Buffer.from(text);

/** What every StateStore keeps. The stores that `open` makes may share their values or not. */
export function stateStoreContract(name: string, open: () => Promise<StateStore>): void {
  describe(`${name} as a StateStore`, { timeout: 60_000 }, () => {
    let store: StateStore;
    let key: string;
    beforeEach(async () => {
      store = await open();
      key = `k-${randomUUID()}`;
    });
    afterEach(() => store[Symbol.asyncDispose]());

    const gone = () => expect.poll(() => store.get(key), EXPIRED).toBeUndefined();

    it('returns nothing for a key that was never set', async () => {
      expect(await store.get(key)).toBeUndefined();
    });

    it('stores values byte for byte, also empty ones', async () => {
      const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      for (const value of [all, Buffer.alloc(0), bytes('Zoë 日本 🛒'), Buffer.alloc(300_000, 7)]) {
        await store.put(key, value);
        expect((await store.get(key))?.equals(value)).toBe(true);
      }
    });

    it('accepts any text as a key, and keeps keys apart', async () => {
      const names = [`${key} `, `${key}:a`, `${key}/日本\n"{}"`, `${key}${'x'.repeat(200)}`];
      for (const [i, name] of names.entries()) await store.put(name, bytes(String(i)));
      for (const [i, name] of names.entries()) expect(await store.get(name)).toEqual(bytes(String(i)));
    });

    it('put replaces the value and its expiry', async () => {
      await store.put(key, bytes('short'), 1);
      await store.put(key, bytes('long'));
      const witness = `${key}-witness`;
      await store.put(witness, bytes('short'), 50);
      await expect.poll(() => store.get(witness), EXPIRED).toBeUndefined();
      expect(await store.get(key)).toEqual(bytes('long'));
    });

    it('a value expires after its time to live', async () => {
      await store.put(key, bytes('v'), 20);
      await gone();
      expect(await store.putIfAbsent(key, bytes('v'), 20)).toBeUndefined();
      await gone();
      await store.put(key, bytes('v'));
      expect(await store.replace(key, bytes('v'), bytes('w'), 20)).toBe(true);
      await gone();
    });

    it('a value does not expire early', async () => {
      await store.put(key, bytes('v'), 60_000);
      expect(await store.get(key)).toEqual(bytes('v'));
      expect(await store.putIfAbsent(key, bytes('w'), 60_000)).toEqual(bytes('v'));
    });

    it('putIfAbsent returns an existing value, and does not change it', async () => {
      expect(await store.putIfAbsent(key, bytes('first'))).toBeUndefined();
      expect(await store.putIfAbsent(key, bytes('second'))).toEqual(bytes('first'));
      expect(await store.get(key)).toEqual(bytes('first'));
    });

    it('D1: exactly one of many concurrent putIfAbsent succeeds, and all others return its value', async () => {
      const values = Array.from({ length: 50 }, (_, i) => bytes(`v${i}`));
      const answers = await Promise.all(values.map((value) => store.putIfAbsent(key, value)));
      const winners = values.filter((_, i) => answers[i] === undefined);
      expect(winners).toHaveLength(1);
      for (const answer of answers) if (answer !== undefined) expect(answer).toEqual(winners[0]);
    });

    it('putIfAbsent treats an expired value as absent', async () => {
      await store.put(key, bytes('old'), 20);
      await expect.poll(() => store.putIfAbsent(key, bytes('new')), EXPIRED).toBeUndefined();
      expect(await store.get(key)).toEqual(bytes('new'));
    });

    it('replace sets a value only over the expected bytes', async () => {
      expect(await store.replace(key, bytes('a'), bytes('b'))).toBe(false);
      expect(await store.get(key)).toBeUndefined();
      await store.put(key, Buffer.from([0, 255, 10]));
      expect(await store.replace(key, Buffer.from([0, 255]), bytes('b'))).toBe(false);
      expect(await store.replace(key, Buffer.from([0, 255, 10]), bytes('b'))).toBe(true);
      expect(await store.get(key)).toEqual(bytes('b'));
    });

    it('exactly one of many concurrent replace of a value succeeds', async () => {
      await store.put(key, bytes('0'));
      const tries = Array.from({ length: 50 }, (_, i) => store.replace(key, bytes('0'), bytes(`v${i}`)));
      const done = await Promise.all(tries);
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await store.get(key)).toEqual(bytes(`v${done.indexOf(true)}`));
    });

    it('D1: confirm resolves with true for the present value, which stays and expires as before', async () => {
      await store.put(key, bytes('v'));
      expect(await store.confirm(key, bytes('v'))).toBe(true);
      expect(await store.get(key)).toEqual(bytes('v'));
      await store.put(key, bytes('w'), 300);
      expect(await store.confirm(key, bytes('w'))).toBe(true);
      await gone();
    });

    it('delete removes a value, and accepts a missing key', async () => {
      await store.put(key, bytes('v'));
      await store.delete(key);
      await store.delete(key);
      expect(await store.get(key)).toBeUndefined();
      expect(await store.putIfAbsent(key, bytes('w'))).toBeUndefined();
    });
  });
}
