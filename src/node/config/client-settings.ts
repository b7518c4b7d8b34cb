import { InvalidVariable, readVariable } from './read-variable.js';
import { type Environment, httpUrl, type Reread, text } from './variable.js';

/** What `millrace tail` and `millrace publish` use: they are clients of a gateway. */
export const CLIENT_SETTINGS = {
  MILLRACE_URL: {
    about:
      'The gateway that `millrace tail` and `millrace publish` connect to (http://127.0.0.1:4000/graphql)',
    allowed: 'an http or https URL',
    schema: httpUrl.default('http://127.0.0.1:4000/graphql'),
  },
  MILLRACE_TOKEN: {
    about: 'The token that `millrace tail` and `millrace publish` send, as `authorization: Bearer …`',
    allowed: 'a text',
    schema: text.optional(),
    secret: true,
    reread: true,
  },
} as const;

/**
 * Reads these variables alone: a gateway's own settings mean nothing to its clients.
 * @throws {InvalidVariable}
 */
export function readClientSettings(environment: Environment): {
  readonly url: string;
  readonly token: Reread | undefined;
} {
  const url = readVariable('MILLRACE_URL', CLIENT_SETTINGS.MILLRACE_URL, environment);
  const token = readVariable('MILLRACE_TOKEN', CLIENT_SETTINGS.MILLRACE_TOKEN, environment);
  return {
    url: typeof url === 'function' ? url() : url,
    token: typeof token === 'function' ? () => tokenOf(token()) : undefined,
  };
}

/** @throws {InvalidVariable} where the file of the token is empty by now */
function tokenOf(value: string | undefined): string {
  if (value === undefined) throw new InvalidVariable('MILLRACE_TOKEN is empty.');
  return value;
}
