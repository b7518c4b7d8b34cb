import {
  allowInsecureRequests,
  ClientSecretBasic,
  clientCredentialsGrantRequest,
  processClientCredentialsResponse,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';
import type { BearerToken } from '../../../core/sasl.js';
import { authenticationError } from './authentication-error.js';
import type { ClientCredentialsGrant } from './security.js';

const TIMEOUT_MS = 5_000;

/** The token endpoint cannot be reached, or gives no token: it may later. */
class TokenUnavailable extends Error {
  override readonly name = 'TokenUnavailable';
  readonly retriable = true;
}

/**
 * Fetches a bearer token by the client credentials grant (RFC 6749, section 4.4). The client authenticates with HTTP
 * Basic, which all authorisation servers support (section 2.3.1).
 * @throws KafkaJSSASLAuthenticationError when the endpoint refuses the client; {TokenUnavailable}
 */
export async function fetchToken(grant: ClientCredentialsGrant): Promise<BearerToken> {
  const { clientId, clientSecret, scope } = grant;
  const endpoint = new URL(grant.endpoint);
  const server = { issuer: endpoint.origin, token_endpoint: endpoint.href };
  const client = { client_id: clientId };
  // Before the request: what is wrong with its file is no fault of the endpoint.
  const authentication = ClientSecretBasic(clientSecret());
  const askedAt = Date.now();
  try {
    const response = await clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      scope === undefined ? {} : { scope },
      {
        signal: () => AbortSignal.timeout(TIMEOUT_MS),
        [allowInsecureRequests]: endpoint.protocol === 'http:',
      },
    );
    const { access_token: value, expires_in: seconds } = await processClientCredentialsResponse(
      server,
      client,
      response,
    );
    return { value, ...(seconds === undefined ? {} : { expiresAt: askedAt + seconds * 1_000 }) };
  } catch (error) {
    const where = `The token endpoint ${endpoint.origin}${endpoint.pathname}`;
    const refusal = refusalOf(error);
    if (refusal !== undefined) throw authenticationError(`${where} refuses the client: ${refusal}`);
    const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    // Without a cause: whether to retry is decided here.
    throw new TokenUnavailable(`${where} gives no token: ${reason}`);
  }
}

/** The code of an answer that says that client or scope are wrong (RFC 6749, section 5.2); `undefined` for others. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof ResponseBodyError) return `${error.error}, status ${error.status}`;
  if (error instanceof WWWAuthenticateChallengeError) return `status ${error.status}`;
  return undefined;
}
