import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shareKeyOf } from '../../src/tabs/share-key.js';

const token = (claims: object): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `Bearer ${part({ alg: 'HS256' })}.${part(claims)}.c2lnbmF0dXJl`;
};
const keyOf = (authorization: string, scope?: string): string => shareKeyOf({ authorization }, scope);

describe('whom the tabs of one connection are for', () => {
  it('S1 differs between users, and between two logins of one user with other claims', () => {
    const keys = [
      token({ sub: 'ada', exp: 1 }),
      token({ sub: 'bob', exp: 1 }),
      token({ sub: 'ada', exp: 1, roles: ['staff'] }),
      token({ sub: 'ada', iss: 'https://other' }),
      'Demo ada',
      'Demo bob',
      'Bearer opaque-1',
      'Bearer opaque-2',
      'Bearer a.b.c',
      '',
    ].map((authorization) => keyOf(authorization));
    expect(new Set(keys).size).toBe(keys.length);
    expect(shareKeyOf({}, undefined)).not.toBe(keyOf(''));
    expect(shareKeyOf({ authorization: 'Demo ada', 'x-tenant': '1' }, undefined)).not.toBe(
      shareKeyOf({ authorization: 'Demo ada', 'x-tenant': '2' }, undefined),
    );
  });

  it('is the same for two tokens of one login, whose times and ids differ', () => {
    const first = token({ sub: 'zoë', exp: 1, iat: 2, nbf: 3, jti: 'a' });
    expect(keyOf(token({ jti: 'b', nbf: 4, iat: 5, exp: 6, sub: 'zoë' }))).toBe(keyOf(first));
  });

  it('S1 with a scope, opaque credentials are of the scope, and tokens are still told apart by their claims', () => {
    expect(keyOf('Bearer opaque-1', 'ada')).toBe(keyOf('Bearer opaque-2', 'ada'));
    expect(keyOf('Bearer opaque-1', 'ada')).not.toBe(keyOf('Bearer opaque-1', 'bob'));
    expect(keyOf(token({ sub: 'ada' }), 'same')).not.toBe(keyOf(token({ sub: 'bob' }), 'same'));
  });
});

describe('the worker of tabs', () => {
  it('has the release in its name, because browsers keep the old worker under the same name', async () => {
    const folder = join(import.meta.dirname, '../..');
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    const source = await readFile(join(folder, 'src/tabs/shared-worker.ts'), 'utf8');
    expect(source).toContain(`name: 'millrace-client-${version}'`);
  });
});
