import { expect, it } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { Refusal, refusalIn } from '../../src/core/refusal.js';

it('finds the refusal that caused an error, however deep, and none in an error that leads back to itself', () => {
  const refusal = new Refusal('authorization', 'User a may not READ group b.', new Promise(() => undefined));
  const unavailable = new MillraceError('LOG_UNAVAILABLE', 'Refused.', { cause: refusal });
  expect(refusalIn(new MillraceError('PUBLISH_FAILED', 'Failed.', { cause: unavailable }))).toBe(refusal);
  const circular = new Error('circular');
  circular.cause = circular;
  expect(refusalIn(circular)).toBeUndefined();
  expect(refusalIn('no error')).toBeUndefined();
});

it('shows nothing of a refusal in the extensions that a client gets', () => {
  const refusal = new Refusal('authorization', 'User a may not READ group b.', new Promise(() => undefined));
  const error = new MillraceError('LOG_UNAVAILABLE', 'Refused.', { cause: refusal });
  expect(error.extensions).toEqual({ code: 'LOG_UNAVAILABLE', retry: true });
});
