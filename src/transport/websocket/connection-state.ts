import type { IncomingMessage } from 'node:http';
import type { Identity } from '../../core/identity.js';
import type { ClientMetadata } from '../../operation/request.js';
import type { FlatHeaders } from '../caller.js';

/** The state of each protocol phase; dropped in the next phase. */
export type ConnectionState =
  /** The request of the upgrade holds as much memory as the rest of a connection, so it is not kept longer. */
  | { readonly phase: 'opened'; readonly upgrade: IncomingMessage }
  | {
      readonly phase: 'authenticating';
      readonly headers: FlatHeaders;
      readonly remoteAddress: string | undefined;
    }
  | {
      readonly phase: 'acknowledged';
      /** Replaced when the client renews its credentials. */
      readonly identity: Identity;
      readonly remoteAddress: string | undefined;
      /** What `connection_init` says for all operations. */
      readonly metadata: ClientMetadata;
      /** Whether it says that the client reads positions. */
      readonly readsPositions: boolean;
      /** Whether it says that the client renews its credentials when it is told that they expire. */
      readonly renews: boolean;
    };
