/** An error as the log has it. */
interface LoggedError {
  /** The name of its class. */
  readonly type: string;
  /** With those of its causes. */
  readonly message: string;
  readonly code?: string;
  /** Where it and its causes were thrown. */
  readonly stack: string;
  readonly errors?: readonly LoggedError[];
}

/** C4: causes may be chained without end, and even to a circle. */
const MAX_CAUSES = 5;
const MAX_AGGREGATED = 5;
const MAX_MESSAGE_CHARACTERS = 2_000;
const CODE = /^[\w.-]{1,64}$/;

/**
 * What the log shows of an error: its class, code, message and stack. pino's own serializer copies every other property
 * too, and libraries attach to errors what must not be in a log: ioredis the command with its arguments (data, or the
 * password), HTTP clients the request with its headers.
 */
export function loggedError(error: unknown): unknown {
  return error instanceof Error ? logged(error, MAX_AGGREGATED) : error;
}

function logged(error: Error, aggregated: number): LoggedError {
  const chain = [error];
  for (let { cause } = error; cause instanceof Error && chain.length < MAX_CAUSES; cause = cause.cause)
    chain.push(cause);
  const code = codeOf(error);
  const all: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const errors = all.filter((one) => one instanceof Error).slice(0, aggregated);
  return {
    type: error.constructor.name,
    message: withoutData(chain.map(({ message }) => message).join(': ')),
    ...(code !== undefined && { code }),
    stack: chain.map(framesOf).join('\n'),
    // Not those of an aggregate within an aggregate.
    ...(errors.length > 0 && { errors: errors.map((one) => logged(one, 0)) }),
  };
}

function codeOf(error: Error): string | undefined {
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && CODE.test(code) ? code : undefined;
}

/** The frames without the message, which may have line breaks. */
const framesOf = ({ name, stack = '' }: Error): string =>
  [name, ...stack.split('\n').filter((line) => line.startsWith('    at '))].join('\n');

/** V8's message quotes the invalid text: all of it, if it is short. */
const QUOTED_JSON = /(Unexpected token [^"]{0,12})?"[\s\S]*?"(\.{3})? is not valid JSON/g;

/** A message without the data that it quotes, and of bounded length. */
export function withoutData(message: string): string {
  const bounded = message.slice(0, MAX_MESSAGE_CHARACTERS);
  return bounded.replace(
    QUOTED_JSON,
    (_all, token: string | undefined) =>
      `${token === undefined ? 'The text' : 'Unexpected token: the text'} is not valid JSON`,
  );
}
