import type { BrokerConnection, Cluster } from './internal-types.js';

/** As the Java client: authenticating again needs the rest of a session's time, also on a slow network. */
const REAUTHENTICATE_AFTER = 0.85;
/** A broker refuses a second authentication within a second of the last one. */
const MIN_REAUTHENTICATE_AFTER_MS = 1_100;

/** Mends what kafkajs's connections do wrong, on every connection that the cluster will make. */
export function prepareConnections(cluster: Cluster): void {
  const { connectionPoolBuilder } = cluster;
  const build = connectionPoolBuilder.build.bind(connectionPoolBuilder);
  connectionPoolBuilder.build = async (broker) => {
    const built = await build(broker);
    for (const connection of built.pool) {
      followSessionLifetime(connection);
      stayAuthenticatedUntilClosed(connection);
      connectOnce(connection);
      wakeOnlyForWaitingRequests(connection);
    }
    return built;
  };
}

/**
 * Brokers with `connections.max.reauth.ms` end sessions, and close a connection at its first request after that. kafkajs
 * authenticates again 10 s before, whatever the length of the session: with one of 10 s, it does so before every
 * request, until the broker refuses it. Here the time before is a part of the session's length.
 */
function followSessionLifetime(connection: BrokerConnection): void {
  Object.defineProperty(connection, 'reauthenticationThreshold', {
    get: () => reauthenticationThreshold(Number(connection.sessionLifetime.toString())),
  });
}

/** How long before a session's end to authenticate again. A whole number: kafkajs makes a BigInt of it. */
export function reauthenticationThreshold(sessionMs: number): number {
  return Math.floor(sessionMs - Math.max(sessionMs * REAUTHENTICATE_AFTER, MIN_REAUTHENTICATE_AFTER_MS));
}

/**
 * kafkajs forgets that a connection has authenticated when it begins to close it, and sends requests over it until it is
 * closed. The first of them would authenticate again, and the broker answers ILLEGAL_SASL_STATE, as it does at a port
 * that does not use SASL.
 */
export function stayAuthenticatedUntilClosed(connection: BrokerConnection): void {
  const isAuthenticated = connection.isAuthenticated.bind(connection);
  const disconnect = connection.disconnect.bind(connection);
  let wasAuthenticated = false;
  connection.isAuthenticated = () =>
    isAuthenticated() || (wasAuthenticated && connection.connectionStatus === 'disconnecting');
  connection.disconnect = () => {
    wasAuthenticated = connection.isAuthenticated();
    return disconnect();
  };
}

/**
 * Requests that need a connection at the same time share it. kafkajs opens a socket for each of them, uses the last, and
 * takes the broker's closing of an idle one for the loss of the connection.
 */
function connectOnce(connection: BrokerConnection): void {
  const connect = connection.connect.bind(connection);
  let connecting: Promise<unknown> | undefined;
  connection.connect = () => {
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
}

/**
 * A queue looks at its waiting requests when an answer arrives, and by a timer. kafkajs sets that timer again and again, every
 * millisecond, for as long as the connection is open, also when no request waits: 8 % of a core in a process that does nothing.
 */
function wakeOnlyForWaitingRequests({ requestQueue }: BrokerConnection): void {
  const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
  requestQueue.scheduleCheckPendingRequests = () => {
    if (requestQueue.pending.length > 0) schedule();
  };
}
