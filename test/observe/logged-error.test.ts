import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { openLogger } from '../../src/observe/log.js';

const SECRET = 'hunter2';

/** One line of the log with these fields. */
function lineOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const lines: string[] = [];
  openLogger('info', { write: (line) => void lines.push(line) }).info(fields, 'it failed');
  return JSON.parse(lines.join(''));
}

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('an error in the log', () => {
  it("leaves out what libraries attach to errors: a Redis command's arguments, a request's headers", () => {
    const refused = Object.assign(new ReplyError('WRONGPASS invalid username-password pair'), {
      command: { name: 'auth', args: [SECRET] },
    });
    const request = Object.assign(new Error('Request failed with status 500'), {
      code: 'ERR_BAD_RESPONSE',
      config: { headers: { authorization: `Bearer ${SECRET}` } },
    });
    const line = lineOf({
      err: new MillraceError('FANOUT_UNAVAILABLE', 'Redis failed.', { cause: refused }),
    });
    expect(line['err']).toMatchObject({
      type: 'MillraceError',
      code: 'FANOUT_UNAVAILABLE',
      message: 'Redis failed.: WRONGPASS invalid username-password pair',
    });
    expect(JSON.stringify([line, lineOf({ err: request }), lineOf({ err: refused })])).not.toContain(SECRET);
    expect(lineOf({ err: request })['err']).toMatchObject({ code: 'ERR_BAD_RESPONSE' });
  });

  it.each([
    SECRET,
    `{"password":"${SECRET}`,
    `{"a":1,"password":${SECRET}}`,
    `[${'1,'.repeat(60)}${SECRET}]`,
  ])('leaves out the text that is not JSON, which V8 quotes: %s', (text) => {
    const error = thrown(() => JSON.parse(text));
    const { message } = error as Error; // `JSON.parse` throws a SyntaxError.
    const lines = [
      lineOf({ err: error }),
      lineOf({ err: new Error(`Data: ${message}`) }),
      lineOf({ reason: message }),
    ];
    for (const line of lines) {
      expect(JSON.stringify(line)).not.toContain(SECRET.slice(0, 4));
      expect(JSON.stringify(line)).toContain('JSON');
    }
  });

  it('has the stacks of its causes, without their messages, and no more than five of them', () => {
    const first: Error = new RangeError(`line one\n    ${SECRET}`);
    let last = first;
    for (let i = 0; i < 20; i++) last = new Error(`cause ${i}`, { cause: last });
    first.cause = last;
    const { err } = lineOf({ err: last }) as { err: { message: string; stack: string } };
    expect(err.message).toBe('cause 19: cause 18: cause 17: cause 16: cause 15');
    expect(err.stack.match(/^Error$/gm)).toHaveLength(5);
    expect(err.stack).toContain('logged-error.test.ts');
    expect(err.stack).not.toContain('cause 18');
  });

  it('has the errors of an aggregate', () => {
    const { err } = lineOf({ err: new AggregateError([new Error('a'), new Error('b')], 'both failed') });
    expect(err).toMatchObject({ type: 'AggregateError', errors: [{ message: 'a' }, { message: 'b' }] });
  });

  it('shows a value that is not an error as it is', () => {
    expect(lineOf({ err: 'text', reason: 7 })).toMatchObject({ err: 'text', reason: 7 });
  });
});
