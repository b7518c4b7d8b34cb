import type { GraphQLFormattedError } from 'graphql';
import type { Message } from 'graphql-ws';
import type { Transport } from '../transports.js';

/** What a client sends, in the words of graphql-transport-ws: other subprotocols are translated to it. */
export type ClientMessage = Message | { readonly type: 'connection_terminate' };

/**
 * The framing of one WebSocket subprotocol: how messages are written and read. What they mean, and when they may come, is
 * the same for all of them (`protocol.ts`). It has no state: one serves all connections.
 */
export interface Subprotocol {
  /** As in `Sec-WebSocket-Protocol`, and in `TRANSPORTS`. */
  readonly name: Transport & `graphql-${string}`;
  /** The `type` of the messages that carry results. */
  readonly resultType: string;
  /** What every message contains with which a client ends an operation. */
  readonly stopMark: Buffer;
  /** Whether a client may send operations before it is acknowledged. Then they wait for that. */
  readonly startsEarly: boolean;
  /** Whether clients answer `ping` messages. All answer ping frames. */
  readonly hasPings: boolean;
  /** A message that clients expect after the acknowledgement and with each heartbeat. */
  readonly keepAlive: string | undefined;
  /** @throws {Error} that says what is wrong with the message */
  parse(text: Buffer): ClientMessage;
  /** Says why a connection is refused for good, before its close frame. `undefined`: only the close frame does. */
  refusal(reason: string): string | undefined;
  /** The messages that end an operation with errors; there is at least one error. */
  error(id: string, errors: readonly GraphQLFormattedError[]): readonly string[];
  /** Where a subscription is, without a result. */
  position(id: string, cursor: string, behind: number): string;
}
