import { describe, expect, it } from 'vitest';
import { TokenCache } from '../../../../src/adapters/kafka/security/token-cache.js';
import type { BearerToken } from '../../../../src/core/sasl.js';

/** An issuer of tokens that are valid for 100 s, and a clock in seconds. */
function issuer() {
  let seconds = 0;
  let issued = 0;
  let away = false;
  const fetch = async (): Promise<BearerToken> => {
    if (away) throw new Error('The issuer is away');
    return { value: `token ${++issued}`, expiresAt: (seconds + 100) * 1_000 };
  };
  return {
    cache: new TokenCache(fetch, () => seconds * 1_000),
    at: (now: number) => {
      seconds = now;
    },
    leave: () => {
      away = true;
    },
  };
}

describe('the cache of bearer tokens', () => {
  it('uses a token until it is close to its end, and then gets the next', async () => {
    const { cache, at } = issuer();
    expect((await cache.get()).value).toBe('token 1');
    at(79);
    expect((await cache.get()).value).toBe('token 1');
    at(80);
    expect((await cache.get()).value).toBe('token 2');
  });

  it('gets one token for connections that authenticate at the same time', async () => {
    const { cache } = issuer();
    const [one, other] = await Promise.all([cache.get(), cache.get()]);
    expect([one.value, other.value]).toEqual(['token 1', 'token 1']);
  });

  it('uses a token until it really expires while the issuer is away', async () => {
    const { cache, at, leave } = issuer();
    await cache.get();
    leave();
    at(99);
    expect((await cache.get()).value).toBe('token 1');
    at(100);
    await expect(cache.get()).rejects.toThrow('The issuer is away');
  });

  it('does not use a token again that a broker refused', async () => {
    const { cache } = issuer();
    cache.drop(await cache.get());
    expect((await cache.get()).value).toBe('token 2');
  });

  it('uses a token whose end is unknown once', async () => {
    let issued = 0;
    const cache = new TokenCache(async () => ({ value: `token ${++issued}` }));
    expect((await cache.get()).value).toBe('token 1');
    expect((await cache.get()).value).toBe('token 2');
  });
});
