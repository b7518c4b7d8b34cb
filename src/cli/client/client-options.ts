import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { WebSocket } from 'ws';
import { type Client, type ClientOptions, type Credentials, createClient } from '#client';
import { messageOf } from '../../core/errors.js';
import { readClientSettings } from '../../node/config/client-settings.js';
import { InvalidVariable } from '../../node/config/read-variable.js';
import { UserError } from '../user-error.js';
import { exactFetch } from './exact-fetch.js';
import { marked } from './exact-numbers.js';

/** The options of every command that is a client of a gateway. */
export interface ClientFlags {
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly header: readonly string[];
}

export function addClientOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (default: MILLRACE_URL, or http://127.0.0.1:4000/graphql)')
    .option('--token <token>', "sent as 'authorization: Bearer …'. Other users of the machine can see it")
    .option('--token-file <file>', 'the file of the token, read again at each attempt to connect')
    .addOption(
      new Option('--header <header>', "a header, 'name: value', or @file with one per line; may be repeated")
        .default([], 'none')
        .argParser((header: string, others: string[]) => [...others, header]),
    )
    .addHelpText('after', CREDENTIALS_HELP);
}

const CREDENTIALS_HELP = `
Credentials: MILLRACE_TOKEN or MILLRACE_TOKEN_FILE in the environment, --token-file, or --header @file keep them off
the command line, which other users of the machine can see.`;

/** How long a server may take to answer the close frame. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface ConnectedClient {
  readonly client: Client;
  /** The address of GraphQL. */
  readonly url: string;
  /** Whether the credentials may change, because they are in a file. */
  readonly mayRenew: boolean;
}

/** @throws {UserError} */
export function connect(flags: ClientFlags, options: Partial<ClientOptions> = {}): ConnectedClient {
  const settings = userErrors(() => readClientSettings(process.env));
  const url = addressOf(flags.url ?? settings.url);
  if (flags.token !== undefined && flags.tokenFile !== undefined)
    throw new UserError('--token and --token-file exclude each other.', 2);
  const { token, tokenFile } = flags;
  const tokenOf =
    token !== undefined
      ? () => token
      : tokenFile !== undefined
        ? () => contentOf(tokenFile, '--token-file').trim()
        : settings.token;
  const credentials = (): Credentials => {
    const bearer = tokenOf?.();
    return { ...(bearer && { authorization: `Bearer ${bearer}` }), ...headersOf(flags.header) };
  };
  // A file that is missing at the start is a mistake; a file that goes missing later is retried.
  let sent = userErrors(credentials);
  const client = createClient({
    url,
    credentials: () => {
      sent = credentials();
      return sent;
    },
    webSocket: webSocketClass(() => sent),
    fetch: exactFetch,
    ...options,
  });
  const inFiles = tokenFile !== undefined || flags.header.some((header) => header.startsWith('@'));
  const inEnvironment = token === undefined && Boolean(process.env['MILLRACE_TOKEN_FILE']);
  return { client, url, mayRenew: inFiles || inEnvironment };
}

/** The credentials are in `connection_init` and in the upgrade too, for proxies that require them. */
function webSocketClass(headers: () => Credentials): NonNullable<ClientOptions['webSocket']> {
  return class extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      const options = { headers: headers(), closeTimeout: CLOSE_TIMEOUT_MS };
      super(url, protocols, options);
    }

    /** Before `ws` makes its event of a message: `JSON.parse` would round long integers. */
    override emit(event: string | symbol, ...parts: unknown[]): boolean {
      const [data, isBinary] = parts;
      if (event !== 'message' || isBinary === true || !Buffer.isBuffer(data))
        return super.emit(event, ...parts);
      return super.emit(event, Buffer.from(marked(data.toString('utf8'))), false);
    }
  };
}

/** The address of GraphQL: `/graphql` unless the URL has a path. @throws {UserError} */
function addressOf(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^(https?|wss?):$/.test(url.protocol) || url.hostname === '')
    throw new UserError(
      `${given} is not the URL of a gateway. Use one such as http://127.0.0.1:4000/graphql.`,
      2,
    );
  url.protocol = url.protocol.replace('ws', 'http');
  if (url.pathname === '/') url.pathname = '/graphql';
  return url.href;
}

/** @throws {UserError} */
function headersOf(given: readonly string[]): Record<string, string> {
  const lines = given.flatMap((header) =>
    header.startsWith('@') ? contentOf(header.slice(1), '--header').split(/\r?\n/) : [header],
  );
  return Object.fromEntries(
    lines
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [, name, value] =
          /^([!#$%&'*+.^`|~\w-]+):\s*([\t\x20-\x7e\x80-\xff]*)$/.exec(line.trim()) ?? [];
        // Without the value: it may be a secret.
        if (name === undefined || value === undefined)
          throw new UserError("A header is not of the form 'name: value'.", 2);
        return [name.toLowerCase(), value];
      }),
  );
}

function contentOf(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${option}: ${path} cannot be read: ${messageOf(error)}.`, 2);
  }
}

function userErrors<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidVariable) throw new UserError(error.message, 2);
    throw error;
  }
}
