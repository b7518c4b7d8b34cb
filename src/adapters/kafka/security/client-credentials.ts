import {
  allowInsecureRequests,
  ClientSecretBasic,
  clientCredentialsGrantRequest,
  processClientCredentialsResponse,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';
import type { BearerToken } from '../../../core/sasl.js';
import { CredentialsUnavailable, readSecret } from './credentials-unavailable.js';
import type { ClientCredentialsGrant } from './security.js';

const TIMEOUT_MS = 5_000;

/** The token endpoint refuses the client. */
class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/**
 * Fetches a bearer token by the client credentials grant (RFC 6749, section 4.4). The client authenticates with HTTP
 * Basic, which all authorisation servers support (section 2.3.1).
 * @throws {TokenRefused} when the endpoint refuses the client; {CredentialsUnavailable}
 */
export async function fetchToken(grant: ClientCredentialsGrant): Promise<BearerToken> {
  const { clientId, clientSecret, scope } = grant;
  const endpoint = new URL(grant.endpoint);
  const server = { issuer: endpoint.origin, token_endpoint: endpoint.href };
  const client = { client_id: clientId };
  // Before the request: what is wrong with its file is not a fault of the endpoint.
  const authentication = ClientSecretBasic(readSecret(clientSecret));
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
    if (refusal !== undefined) throw new TokenRefused(`${where} refuses the client ${clientId}: ${refusal}`);
    const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    // Without a cause: whether to retry is decided here.
    throw new CredentialsUnavailable(`${where} gives no token: ${reason}`);
  }
}

/** The code of an answer that says that client or scope are wrong (RFC 6749, section 5.2); `undefined` for others. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof ResponseBodyError) return `${error.error}, status ${error.status}`;
  if (error instanceof WWWAuthenticateChallengeError) return `status ${error.status}`;
  return undefined;
}
