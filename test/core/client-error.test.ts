import { GraphQLError, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { clientError, formattedError } from '../../src/core/client-error.js';
import { MillraceError } from '../../src/core/errors.js';

function seen(error: unknown, internal?: string) {
  const reported: unknown[] = [];
  const formatted = formattedError(error, (cause) => reported.push(cause), internal);
  return { formatted, reported };
}

function syntaxErrorOf(document: string): unknown {
  try {
    return parse(document);
  } catch (error) {
    return error;
  }
}

describe('what a client sees of an error', () => {
  it('shows an error of the gateway with its code, retry and details', () => {
    const error = new MillraceError('RESYNC_REQUIRED', 'Gone.', { details: { reason: 'RETENTION' } });
    const { formatted, reported } = seen(error);
    expect(formatted).toEqual({
      message: 'Gone.',
      extensions: { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION' },
    });
    expect(reported).toEqual([]);
  });

  it('hides an unknown error behind INTERNAL and reports its cause', () => {
    const cause = new Error('password of postgres://u:pw@h is wrong');
    const { formatted, reported } = seen(cause, 'The subscription failed.');
    expect(formatted).toEqual({
      message: 'The subscription failed.',
      extensions: { code: 'INTERNAL', retry: false },
    });
    expect(reported).toEqual([cause]);
  });

  it('hides what a resolver threw, keeps the path, and reports the original error', () => {
    const cause = new Error('a secret of the driver');
    const { formatted, reported } = seen(new GraphQLError('x', { path: ['order'], originalError: cause }));
    expect(formatted).toEqual({
      message: 'This field failed.',
      path: ['order'],
      extensions: { code: 'INTERNAL', retry: false },
    });
    expect(reported).toEqual([cause]);
  });

  it('shows a GraphQL error that a project gave a code, and says not to retry unless the project says so', () => {
    const thrown = new GraphQLError('Sold out.', { extensions: { code: 'SOLD_OUT' } });
    const error = new GraphQLError(thrown.message, { path: ['order'], originalError: thrown });
    expect(seen(error).formatted).toEqual({
      message: 'Sold out.',
      path: ['order'],
      extensions: { code: 'SOLD_OUT', retry: false },
    });
    const extensions = { code: 'BUSY', retry: true, seats: 3 };
    const whole = new GraphQLError('Busy.', { path: ['order'], extensions });
    expect(clientError(whole, () => expect.unreachable())).toBe(whole);
  });

  it('says BAD_REQUEST when a field refuses its argument', () => {
    const [definition] = parse('{ order(id: null) }').definitions;
    const field =
      definition?.kind === 'OperationDefinition' ? definition.selectionSet.selections[0] : undefined;
    const argument = field?.kind === 'Field' ? field.arguments?.[0]?.value : undefined;
    const error = new GraphQLError('Must not be null.', { path: ['order'], nodes: argument ?? null });
    expect(seen(error).formatted).toMatchObject({
      message: 'Must not be null.',
      extensions: { code: 'BAD_REQUEST', retry: false },
    });
  });

  it('says BAD_REQUEST of an error of the request, such as one of syntax, and keeps where it is', () => {
    const { formatted, reported } = seen(syntaxErrorOf('{ a }}'));
    expect(formatted).toEqual({
      message: 'Syntax Error: Unexpected "}".',
      locations: [{ line: 1, column: 6 }],
      extensions: { code: 'BAD_REQUEST', retry: false },
    });
    expect(reported).toEqual([]);
  });
});
