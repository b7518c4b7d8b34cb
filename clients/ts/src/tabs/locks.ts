/** The part of the Web Locks API that is used. */
export interface LockManager {
  request(
    name: string,
    options: {
      readonly signal?: AbortSignal;
      readonly steal?: boolean;
      readonly ifAvailable?: boolean;
      readonly mode?: 'shared';
    },
    callback: (lock: unknown) => unknown,
  ): Promise<unknown>;
  query(): Promise<{ readonly held?: readonly { readonly name: string; readonly clientId: string }[] }>;
}

/** `undefined`: an old browser, or a page without HTTPS. */
export function lockManager(): LockManager | undefined {
  const { navigator } = globalThis as { readonly navigator?: { readonly locks?: LockManager } };
  return navigator?.locks;
}

/** Holds a lock until `release`, or until the page or worker ends, even by a crash. Resolves once it is held. */
export function hold(locks: LockManager, name: string): Promise<{ readonly release: () => void }> {
  return new Promise((resolve, reject) => {
    locks.request(name, {}, () => new Promise<void>((release) => resolve({ release }))).catch(reject);
  });
}

/**
 * Calls `onFree` once the holder of a lock has let it go: a death notice, also after a crash. In shared mode, because a frozen
 * page is given a lock, and keeps it without running: those that wait behind it would never be told.
 */
export function whenFree(locks: LockManager, name: string, signal: AbortSignal, onFree: () => void): void {
  locks.request(name, { signal, mode: 'shared' }, onFree).catch(() => undefined); // Aborted: nobody waits any more.
}
