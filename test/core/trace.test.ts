import { describe, expect, it } from 'vitest';
import { childTraceparent, isSampled, traceIds, traceparentOf, tracestateOf } from '../../src/core/trace.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

describe('traceparent (W3C Trace Context, section 3.2)', () => {
  it.each([
    ['one of version 00', PARENT, PARENT],
    ['unknown flags', `${PARENT.slice(0, -2)}ff`, `${PARENT.slice(0, -2)}ff`],
    ['a later version', `01${PARENT.slice(2)}`, PARENT],
    ['a later version with more fields and flags', `cc-${TRACE}-b7ad6b7169203331-03-what-ever`, PARENT],
    ['nothing', '', undefined],
    ['garbage', 'garbage', undefined],
    ['version ff', `ff${PARENT.slice(2)}`, undefined],
    ['version 00 with more fields', `${PARENT}-more`, undefined],
    ['capitals', PARENT.toUpperCase(), undefined],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, undefined],
    ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    ['a later version without end', `cc${PARENT.slice(2)}-${'x'.repeat(1_000)}`, undefined],
  ])('reads %s', (_, value, read) => {
    expect(traceparentOf(value)).toBe(read);
    const child = childTraceparent(value);
    expect(child).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    expect(child.includes(TRACE)).toBe(read !== undefined);
    expect(child).not.toBe(read);
  });
});

describe('the sampled flag of a traceparent (W3C Trace Context, section 3.2.2.5.1)', () => {
  it('is the lowest bit of its flags, whatever the others are', () => {
    for (let flags = 0; flags < 256; flags++) {
      const text = `${PARENT.slice(0, -2)}${flags.toString(16).padStart(2, '0')}`;
      expect(isSampled(text), text).toBe(flags % 2 === 1);
    }
    expect(isSampled(undefined)).toBe(false);
  });

  it('is kept in a child, as is the trace id', () => {
    const child = childTraceparent(`${PARENT.slice(0, -1)}0`);
    expect(isSampled(child)).toBe(false);
    expect(traceIds(child).traceId).toBe(TRACE);
    expect(traceIds(PARENT)).toEqual({ traceId: TRACE, spanId: 'b7ad6b7169203331' });
  });
});

describe('tracestate (W3C Trace Context, section 3.3)', () => {
  const member = (n: number, length = 10) => `k${n}=`.padEnd(length, 'v');
  const members = (count: number, length?: number) =>
    Array.from({ length: count }, (_, n) => member(n, length));

  it('keeps a list within the bounds as it is, without its spaces and empty members', () => {
    expect(tracestateOf('a=1, t@b=2,, c=x y')).toBe('a=1,t@b=2,c=x y');
    const most = members(32).join(',');
    expect(tracestateOf(most)).toBe(most);
  });

  it('leaves out the members that are not valid', () => {
    expect(tracestateOf('A=1,b=2,c,=3,d=a=b,e=\u0000')).toBe('b=2');
    expect(tracestateOf('garbage')).toBeUndefined();
    expect(tracestateOf('')).toBeUndefined();
  });

  it.each([
    ['a key of 256 characters', `${'k'.repeat(256)}=1`, true],
    ['a longer key', `${'k'.repeat(257)}=1`, false],
    ['every character of a key', 'a0_-*/=1', true],
    ['a key that begins with a digit', '0a=1', false],
    ['a tenant that begins with a digit', '0a@b=1', true],
    ['a tenant and a system of the longest names', `${'t'.repeat(241)}@${'s'.repeat(14)}=1`, true],
    ['a longer system', `t@${'s'.repeat(15)}=1`, false],
    ['two tenants', 'a@b@c=1', false],
    [
      'every printable character but comma and equals sign',
      `a=! "#$%&'()*+-./09:;<>?@AZ[\\]^_\`az{|}~`,
      true,
    ],
    ['a value of 256 characters', `a=${'v'.repeat(256)}`, true],
    ['a longer value', `a=${'v'.repeat(257)}`, false],
    ['an empty value', 'a=', false],
    ['a value beyond ASCII', 'a=é', false],
  ])('reads %s as the specification says', (_, given, isValid) => {
    expect(tracestateOf(given)).toBe(isValid ? given : undefined);
  });

  it('keeps the first of the members with one key, which is the newer one', () => {
    expect(tracestateOf('a=1,b=2,a=3')).toBe('a=1,b=2');
  });

  it('leaves out the last members above 32', () => {
    expect(tracestateOf(members(40).join(','))).toBe(members(32).join(','));
  });

  it('leaves out the long members of a list above 512 characters first, then the last ones', () => {
    const [long, others] = [member(99, 200), members(9, 50)];
    expect(tracestateOf([long, ...others].join(','))).toBe(others.join(','));
    const all = members(20, 50);
    expect(tracestateOf(all.join(','))).toBe(all.slice(0, 10).join(','));
  });

  it('S4 leaves out a list that is too long to be taken apart', () => {
    expect(tracestateOf('a=1,'.repeat(125_000))).toBeUndefined();
  });
});
