import { safely } from './callback.js';
import type { Client } from './client.js';
import { ClientError } from './client-error.js';
import { canonical, type Document } from './document.js';
import type { MutateOptions } from './mutation.js';
import type { PositionStore } from './store.js';

/** A mutation that may have been sent, and whose answer is not known. */
export interface PendingMutation<Variables> {
  readonly variables: Variables;
  /** Deletes the mutation: its outcome stays unknown, and `run` may begin another one under its name. */
  forget(): Promise<void>;
}

export interface KeptMutations {
  /**
   * As `client.mutate`. Until the answer is known, the store keeps the mutation under `name`, which says what is done once,
   * such as `checkout 17`. A call with the same name and variables, also after a reload or a crash, continues the mutation
   * and does not begin another one.
   * @throws {ClientError} as `client.mutate`; STORE_FAILED and MUTATION_PENDING before anything is sent
   */
  run<Data = unknown, Variables extends object = Record<string, unknown>>(
    name: string,
    document: Document<Data, Variables>,
    options?: Omit<MutateOptions<Variables>, 'idempotencyKey'>,
  ): Promise<Data>;
  /** What is kept under a name. To continue it, call `run` with its variables. @throws {ClientError} STORE_FAILED */
  pending<Variables = Record<string, unknown>>(name: string): Promise<PendingMutation<Variables> | undefined>;
}

interface Kept {
  readonly idempotencyKey: string;
  readonly variables: unknown;
}

/** After these errors of a first attempt nothing is in the log, and never will be: docs/protocol.md has the table. */
const NOTHING_PUBLISHED = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_REQUEST',
  'LIMIT_EXCEEDED',
  'EVENT_INVALID',
  'EVENT_TOO_LARGE',
  'TOPIC_MISSING',
  'IDEMPOTENCY_CONFLICT',
]);

/**
 * Mutations that act once even if the page is reloaded, or the process ends, before their answer arrives.
 * @param user the owner of the mutations, such as the `sub` of the token; empty if there are no users. A store outlives a
 *   login: one user's mutations must not be sent with the credentials of the next user, or be shown to them
 * @param onProblem called when a mutation that is over cannot be deleted: a call with its name would get the same answer
 */
export function keptMutations(
  client: Client,
  store: PositionStore,
  user: string,
  onProblem?: (error: ClientError) => void,
): KeptMutations {
  const report = safely(onProblem);
  const inStore = <T>(what: string, name: string, use: (key: string) => T | Promise<T>): Promise<T> =>
    attempted(what, name, () => use(`mutation ${JSON.stringify([user, name])}`));
  const kept = async (name: string): Promise<Kept | undefined> => {
    const text = await inStore('read', name, (key) => store.get(key));
    // `run` wrote it.
    return text ? (JSON.parse(text) as Kept) : undefined;
  };
  const forget = (name: string): Promise<void> => inStore('deleted', name, (key) => store.delete(key));
  return {
    async run(name, document, options = {}) {
      const { variables = {} } = options;
      const before = await kept(name);
      if (before !== undefined && canonical(before.variables) !== canonical(variables)) {
        const message = `The outcome of another mutation is pending as '${name}': continue it with its variables, or forget it. Nothing was sent.`;
        throw new ClientError('MUTATION_PENDING', message, { extensions: { variables: before.variables } });
      }
      const { idempotencyKey } = before ?? { idempotencyKey: crypto.randomUUID() };
      // Before it is sent: otherwise a crash would leave a mutation that acted without a record of it.
      if (before === undefined)
        await inStore('stored', name, (key) => store.set(key, JSON.stringify({ idempotencyKey, variables })));
      try {
        const data = await client.mutate(document, { ...options, idempotencyKey });
        await forget(name).catch(report);
        return data;
      } catch (error) {
        if (before === undefined && provesNothing(error)) await forget(name).catch(report);
        throw error;
      }
    },
    async pending<Variables>(name: string) {
      const found = await kept(name);
      // The application keeps mutations of one kind under a name.
      return found && { variables: found.variables as Variables, forget: () => forget(name) };
    },
  };
}

/** An earlier attempt may have acted, whatever a later one says. */
function provesNothing(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false;
  return NOTHING_PUBLISHED.has(error.code) && error.extensions['attempts'] === 1;
}

async function attempted<T>(what: string, name: string, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    const message = `The mutation '${name}' was not ${what} in the store: ${String(cause)}`;
    throw new ClientError('STORE_FAILED', message, { cause });
  }
}
