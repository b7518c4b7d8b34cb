/**
 * Keeps the positions of subscriptions, and mutations whose answer is not known, beyond the end of the process or page.
 * A method that fails MUST throw or reject: `undefined` means that there is no position, and the subscription would start
 * where its options say.
 */
export interface PositionStore {
  get(key: string): string | undefined | Promise<string | undefined>;
  /** MUST keep the old value or the new one, whatever happens meanwhile. */
  set(key: string, cursor: string): void | Promise<void>;
  delete(key: string): void | Promise<void>;
}

/** Positions of this process or page only. */
export function memoryStore(): PositionStore {
  const cursors = new Map<string, string>();
  return {
    get: (key) => cursors.get(key),
    set: (key, cursor) => void cursors.set(key, cursor),
    delete: (key) => void cursors.delete(key),
  };
}

/** The part of the Web Storage API that is used. */
interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Positions in `localStorage`: they outlive the page. When the whole browser is killed, those of the last seconds may be
 * lost.
 * @param name separates the positions of one part of an application from those of others
 */
export function localStore(name: string): PositionStore {
  const storage = (): WebStorage => {
    const { localStorage } = globalThis as { readonly localStorage?: WebStorage };
    if (localStorage === undefined) throw new Error('There is no localStorage here.');
    return localStorage;
  };
  return {
    get: (key) => storage().getItem(`${name}/${key}`) ?? undefined,
    set: (key, cursor) => storage().setItem(`${name}/${key}`, cursor),
    delete: (key) => storage().removeItem(`${name}/${key}`),
  };
}
