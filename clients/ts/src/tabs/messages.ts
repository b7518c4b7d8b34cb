import type { ShownError } from '../client-error.js';
import type { Credentials, Loss, Operation, Transport } from '../link.js';

/**
 * What tabs and their hub say to each other. Both are of one release: the name of the worker has it.
 */

/** What a tab says. The first message is `hello`. */
export type ToHub =
  | Hello
  | { readonly type: 'start'; readonly id: number; readonly operation: Operation }
  | { readonly type: 'stop'; readonly id: number }
  /** The tab has received messages of this cost. */
  | { readonly type: 'ack'; readonly cost: number }
  /** Other credentials of the same user. */
  | { readonly type: 'renew'; readonly credentials: Credentials }
  /** `ping`: the hub gives a sign of life. `probe`: it also asks the server for one. */
  | { readonly type: 'ping' | 'probe' | 'bye' };

export interface Hello {
  readonly type: 'hello';
  /** The Web Lock that the tab holds as long as it lives. */
  readonly lock: string;
  /** Absolute. */
  readonly url: string;
  readonly over: Transport;
  /** Tabs with the same key may see the same events. */
  readonly key: string;
  readonly credentials: Credentials;
}

/** What a hub says. */
export type ToTab =
  /** `lock`: the Web Lock that the hub's worker or page holds as long as it lives. */
  | { readonly type: 'welcome'; readonly lock: string }
  | { readonly type: 'opened'; readonly renews: boolean }
  | { readonly type: 'alive' | 'expiring' }
  /** `errors`: why not. Plain objects, because structured cloning drops the properties of a `ClientError`. */
  | { readonly type: 'renewed'; readonly errors: readonly ShownError[] | undefined }
  /** The connection to the server is lost. */
  | { readonly type: 'gone'; readonly loss: Loss }
  /** `result`: as JSON. */
  | { readonly type: 'next'; readonly id: number; readonly result: string }
  | { readonly type: 'position'; readonly id: number; readonly cursor: string; readonly behind: number }
  | { readonly type: 'error'; readonly id: number; readonly errors: readonly ShownError[] }
  | { readonly type: 'complete'; readonly id: number }
  /** The tab starts the operation again, after its position. */
  | { readonly type: 'lost'; readonly id: number; readonly loss: Loss };

/** How much a tab may leave unacknowledged, about in bytes: a frozen tab gets no more, and takes no more memory. */
export const WINDOW_COST = 256 * 1024;

/** The cost of a message besides its text: estimated high, so that small messages are bounded too. */
const MESSAGE_COST = 100;

/** About how many bytes a message takes in memory while it waits for its tab. */
export function costOf(message: ToTab): number {
  if (message.type === 'next') return MESSAGE_COST + message.result.length;
  return message.type === 'position' ? MESSAGE_COST + message.cursor.length : 0;
}
