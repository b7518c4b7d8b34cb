import { Client, type ClientOptions } from './client.js';

export type { Client, ClientOptions, SubscribeOptions } from './client.js';
export { ClientError, type ShownError } from './client-error.js';
export type { ConnectionState } from './connection-state.js';
export type { Document } from './document.js';
export type { Credentials, Sharing, Transport } from './link.js';
export type { MutateOptions } from './mutation.js';
export type { EventContext, Gap, Observer, Step, Steps } from './steps.js';
export { localStore, memoryStore, type PositionStore } from './store.js';
export type { SubscriptionState } from './subscription-state.js';
export type { ShareOptions } from './tabs/links.js';
export type { Socket, SocketClass } from './web-socket-link.js';

export function createClient(options: ClientOptions): Client {
  return new Client(options);
}
