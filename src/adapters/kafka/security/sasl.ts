import type { AuthenticationProviderArgs, Mechanism } from 'kafkajs';
import type { BearerToken, SaslMechanism } from '../../../core/sasl.js';
import { failureOf } from '../wire/failures.js';
import { scramAuthenticator } from '../wire/internals.js';
import { authenticationError } from './authentication-error.js';
import { fetchToken } from './client-credentials.js';
import { readSecret } from './credentials-unavailable.js';
import { mskTokens } from './msk-iam.js';
import type { SaslSettings } from './security.js';
import { TokenCache } from './token-cache.js';

type SaslAuthenticate = AuthenticationProviderArgs['saslAuthenticate'];
type Authenticate = (args: AuthenticationProviderArgs) => Promise<void>;

/**
 * The `sasl` option of kafkajs: it calls back for each connection, and again before a session of the broker ends, so
 * that rotated passwords and tokens apply without a restart.
 */
export async function saslOption(settings: SaslSettings): Promise<Mechanism> {
  const { mechanism, authenticate } = await mechanismOf(settings);
  return {
    mechanism,
    authenticationProvider: (args) => ({ authenticate: () => authenticate(args) }),
  };
}

async function mechanismOf(
  settings: SaslSettings,
): Promise<{ readonly mechanism: string; readonly authenticate: Authenticate }> {
  switch (settings.kind) {
    case 'password': {
      const { mechanism, username, password } = settings;
      if (mechanism === 'PLAIN') return own(plain(username, password));
      return { mechanism, authenticate: scram(mechanism, username, password) };
    }
    case 'token':
      return own(bearer(settings.fetchToken));
    case 'client-credentials': {
      const { grant } = settings;
      return own(bearer(() => fetchToken(grant)));
    }
    case 'msk-iam':
      return own(bearer(await mskTokens(settings.region)));
    case 'own':
      return own(settings.mechanism);
  }
}

function own(mechanism: SaslMechanism): { readonly mechanism: string; readonly authenticate: Authenticate } {
  return {
    mechanism: mechanism.name,
    authenticate: async ({ host, port, saslAuthenticate }) => {
      const exchange = async (message: Uint8Array): Promise<Uint8Array> => {
        const answer = await saslAuthenticate({
          request: { encode: () => withLength(message) },
          response: { decode: withoutLength, parse: (bytes: Buffer) => bytes },
        });
        return answer ?? Buffer.alloc(0);
      };
      try {
        await mechanism.authenticate(exchange, { host, port });
      } catch (error) {
        const { type, message } = failureOf(error);
        if (type !== 'SASL_AUTHENTICATION_FAILED') throw error;
        throw authenticationError(`SASL ${mechanism.name} authentication failed: ${message}`);
      }
    },
  };
}

/** RFC 5802, by kafkajs. */
function scram(
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
  username: string,
  password: () => string,
): Authenticate {
  const create = scramAuthenticator(mechanism);
  return async (args) => {
    let lost: unknown;
    // Only passes on what it gets: the types are those of kafkajs's own function.
    const saslAuthenticate = ((request) =>
      args.saslAuthenticate(request).catch((error: unknown) => {
        if (failureOf(error).type !== 'SASL_AUTHENTICATION_FAILED') lost = error;
        throw error;
      })) as SaslAuthenticate;
    try {
      // The password is read once: the exchange uses it twice, and both must be the same.
      await create({ username, password: readSecret(password) })({
        ...args,
        saslAuthenticate,
      }).authenticate();
    } catch (error) {
      // kafkajs calls every failure a refusal, that of a lost connection included, which passes.
      throw lost ?? error;
    }
  };
}

/** RFC 4616. */
function plain(username: string, password: () => string): SaslMechanism {
  return {
    name: 'PLAIN',
    authenticate: async (exchange) => {
      await exchange(Buffer.from(`\0${username}\0${readSecret(password)}`));
    },
  };
}

/** Ends a field of RFC 7628, and, sent alone, the exchange after a refusal. */
const SEPARATOR = '\x01';

/**
 * RFC 7628. A broker that refuses a token first answers with the reason, and fails after the client's next message.
 * kafkajs's own mechanism ends after the first answer, so that a refusal shows only at the first request.
 */
function bearer(fetch: () => Promise<BearerToken>): SaslMechanism {
  const tokens = new TokenCache(fetch);
  return {
    name: 'OAUTHBEARER',
    authenticate: async (exchange) => {
      const token = await tokens.get();
      const extensions = Object.entries(token.extensions ?? {}).map(
        ([key, value]) => `${key}=${value}${SEPARATOR}`,
      );
      const message = `n,,${SEPARATOR}auth=Bearer ${token.value}${SEPARATOR}${extensions.join('')}${SEPARATOR}`;
      const reason = await exchange(Buffer.from(message));
      if (reason.length === 0) return;
      tokens.drop(token);
      await exchange(Buffer.from(SEPARATOR)).catch(() => {}); // The refusal itself: `reason` says more.
      const text = Buffer.from(reason).toString();
      throw authenticationError(
        `SASL OAUTHBEARER authentication failed: the broker refuses the token: ${text}`,
      );
    },
  };
}

/** kafkajs exchanges messages with their lengths before them. */
function withLength(message: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(message.length);
  return Buffer.concat([head, message]);
}

function withoutLength(raw: Buffer): Buffer {
  return raw.readInt32BE() > 0 ? raw.subarray(4, 4 + raw.readInt32BE()) : Buffer.alloc(0);
}
