import type { Logger } from '../../observe/log.js';
import type { Operations } from '../../operation/operations.js';
import type { TransportLimits } from '../delivery/transport-limits.js';
import { GRAPHQL_TRANSPORT_WS } from '../websocket/graphql-transport-ws.js';
import { GRAPHQL_WS } from '../websocket/graphql-ws.js';
import { WebSocketTransport, type WebSocketTransportParts } from '../websocket/websocket-transport.js';
import { type GraphQLEndpointParts, graphqlRoute, type Page } from './graphql-endpoint.js';
import type { Route } from './router.js';
import { SingleConnections } from './single-connections.js';
import { StreamTransport, type StreamTransportParts } from './stream-transport.js';

/** One GraphQL schema, and where it is served: over HTTP, event streams and WebSockets alike. */
export interface GraphQLEndpoint {
  readonly path: string;
  readonly operations: Operations;
  /** What a browser that opens the path gets; left out: nothing. */
  readonly page?: Page | undefined;
  /** Receives what counts the endpoint's open connections. */
  readonly count: (connections: () => OpenConnections) => void;
}

/** How many WebSockets and event streams are open. */
export interface OpenConnections {
  readonly websocket: number;
  readonly sse: number;
}

/** What the endpoints of a node share. */
type SharedParts = TransportLimits & { readonly logger: Logger } & Omit<
    WebSocketTransportParts & StreamTransportParts & GraphQLEndpointParts,
    'operations' | 'subprotocols' | 'streams' | 'single' | 'page'
  >;

interface OpenEndpoint {
  readonly route: Route;
  readonly streams: StreamTransport;
  /** `undefined`: WebSockets are not served. */
  readonly websocket: WebSocketTransport | undefined;
  readonly connections: () => OpenConnections;
}

/** Those of WebSockets, the preferred one first. */
const SUBPROTOCOLS = [GRAPHQL_TRANSPORT_WS, GRAPHQL_WS];

/** Opens the transports of one endpoint. */
export function openEndpoint({ operations, page, count }: GraphQLEndpoint, parts: SharedParts): OpenEndpoint {
  const { transports } = parts;
  const shared = { ...parts, operations };
  const streams = new StreamTransport(shared);
  const single = transports.has('sse-single') ? new SingleConnections({ ...shared, streams }) : undefined;
  const [preferred, ...others] = SUBPROTOCOLS.filter(({ name }) => transports.has(name));
  const websocket = preferred && new WebSocketTransport({ ...shared, subprotocols: [preferred, ...others] });
  const connections = () => ({ websocket: websocket?.size ?? 0, sse: streams.size });
  count(connections);
  return { route: graphqlRoute({ ...shared, streams, single, page }), streams, websocket, connections };
}
