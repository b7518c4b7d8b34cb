/** A program in test/support/old-subprotocol, which subscribes with a library that speaks `graphql-ws` by default. */
export type OldSubprotocolClient = 'apollo-kotlin' | 'go-hasura-default';

/**
 * The command line that runs one; the address of the gateway and the subscription follow. It is downloaded or built the first time.
 * @throws {Error} that says what is missing and how to get it
 */
export function oldSubprotocolClient(name: OldSubprotocolClient): Promise<readonly [string, ...string[]]>;
