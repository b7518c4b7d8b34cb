import { isExpired } from '../../auth/authenticate.js';
import { isRevokedError } from '../../auth/revocations.js';
import { formattedError } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import type { Identity } from '../../core/identity.js';
import { connectionMetadata, readsPositions, renewsCredentials } from '../client-metadata.js';
import { DeadlineTimer } from '../delivery/deadline-timer.js';
import type { CloseReason } from './close-codes.js';
import type { ConnectionParts } from './connection-parts.js';
import type { ConnectionState } from './connection-state.js';
import { nextWarning } from './expiry-warning.js';
import { Renewal } from './renewal.js';

type Authenticating = Extract<ConnectionState, { phase: 'authenticating' }>;
type Acknowledged = Omit<Extract<ConnectionState, { phase: 'acknowledged' }>, 'phase'>;

/** The connection, as far as its credentials concern it. */
export interface CredentialsHost {
  readonly isOpen: boolean;
  send(message: string): void;
  close(reason: CloseReason, detail?: string): void;
}

type Parts = Pick<ConnectionParts, 'authenticate' | 'report' | 'initTimeoutMs' | 'keepAlive' | 'subprotocol'>;

/** The credentials of one WebSocket: awaited, verified, renewed, and watched until they expire (S2). */
export class ConnectionCredentials {
  readonly #parts: Parts;
  readonly #host: CredentialsHost;
  /** The deadline of `connection_init`, and after it the next warning or the end of the credentials. */
  readonly #deadline = new DeadlineTimer();
  /** Made for the first renewal: most connections have none. */
  #renewal: Renewal | undefined;

  constructor(parts: Parts, host: CredentialsHost) {
    this.#parts = parts;
    this.#host = host;
    this.#deadline.set(Date.now() + parts.initTimeoutMs, () => host.close('INIT_TIMEOUT'));
  }

  /** Verifies the payload of `connection_init`, and acknowledges it. @returns `undefined`: the connection is closed */
  async verify(
    connectionParams: Readonly<Record<string, unknown>>,
    { headers, remoteAddress }: Authenticating,
  ): Promise<Acknowledged | undefined> {
    // The client has sent its `connection_init` in time. `authenticate` has a bound of its own.
    this.#deadline.clear();
    let said: Pick<Acknowledged, 'metadata' | 'readsPositions' | 'renews'>;
    let identity: Identity;
    try {
      said = {
        metadata: connectionMetadata(connectionParams),
        readsPositions: readsPositions(connectionParams),
        renews: renewsCredentials(connectionParams) && this.#parts.subprotocol.hasPings,
      };
    } catch (error) {
      if (!(error instanceof MillraceError)) this.#refuse(error);
      else this.#host.close('BAD_REQUEST', error.message);
      return undefined;
    }
    try {
      identity = await this.#parts.authenticate({ headers, connectionParams, remoteAddress });
    } catch (error) {
      this.#refuse(error);
      return undefined;
    }
    // The client may have left, or sent an invalid message, in the meantime.
    if (!this.#host.isOpen) return undefined;
    this.#watch(identity, said.renews);
    const payload = {
      ...(said.readsPositions && { positions: true, heartbeatMs: this.#parts.keepAlive }),
      ...(said.renews && { renews: true, ...expiryOf(identity) }),
    };
    const isEmpty = !said.readsPositions && !said.renews;
    this.#host.send(JSON.stringify({ type: 'connection_ack', payload: isEmpty ? undefined : payload }));
    return { ...said, identity, remoteAddress };
  }

  /**
   * Verifies the credentials of a `ping`, and answers it. The former ones stay in force until the new ones are verified, or
   * if they are refused.
   * @param adopt makes the new ones those of the connection, before the client is told
   */
  async renew(
    presented: unknown,
    current: Acknowledged | undefined,
    adopt: (identity: Identity) => void,
  ): Promise<void> {
    const answer = (payload: object): void => this.#host.send(JSON.stringify({ type: 'pong', payload }));
    this.#renewal ??= new Renewal(this.#parts.authenticate);
    try {
      const identity = await this.#renewal.of(presented, current);
      // The client may have left, or the former credentials have expired, in the meantime.
      if (!this.#host.isOpen) return;
      this.#watch(identity, current?.renews === true);
      adopt(identity);
      answer({ renewed: true, ...expiryOf(identity) });
    } catch (error) {
      answer({ renewed: false, error: formattedError(error, this.#parts.report) });
    }
  }

  stop(): void {
    this.#deadline.clear();
  }

  /** S2: nothing on this connection outlives its credentials. A client that can renew them is told ahead. */
  #watch(identity: Identity, renews: boolean): void {
    const { expiresAt } = identity;
    this.#deadline.clear();
    if (expiresAt === undefined) return;
    const warnedAt = renews ? nextWarning(Date.now(), expiresAt) : undefined;
    const warn = (): void => {
      this.#host.send(JSON.stringify({ type: 'ping', payload: expiryOf(identity) }));
      this.#watch(identity, renews);
    };
    if (warnedAt !== undefined) this.#deadline.set(warnedAt, warn);
    else this.#deadline.set(expiresAt, () => this.#host.close('CREDENTIALS_EXPIRED'));
  }

  /** The close code agrees with the error's `retry`: clients that reconnect by themselves know nothing else. */
  #refuse(error: unknown): void {
    if (!(error instanceof MillraceError)) {
      this.#parts.report(error);
      this.#host.close('INTERNAL');
    } else if (isExpired(error)) this.#host.close('CREDENTIALS_EXPIRED');
    else if (isRevokedError(error)) this.#host.close('CREDENTIALS_REVOKED');
    else this.#host.close(error.retry ? 'TRY_AGAIN' : 'FORBIDDEN', error.message);
  }
}

/** As all times of the protocol: RFC 3339. Left out: they never expire. */
function expiryOf({ expiresAt }: Identity): { readonly expiresAt?: string } {
  // A project's own time may be beyond what a date can say.
  if (expiresAt === undefined || Math.abs(expiresAt) > MAX_DATE_MS) return {};
  return { expiresAt: new Date(expiresAt).toISOString() };
}

const MAX_DATE_MS = 8.64e15;
