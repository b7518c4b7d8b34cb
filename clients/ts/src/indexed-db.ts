import type { PositionStore } from './store.js';

/** The parts of IndexedDB that are used. */
interface Request<Result> {
  readonly result: Result;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface OpenRequest extends Request<Database> {
  onupgradeneeded: (() => void) | null;
}

interface Database {
  createObjectStore(name: string): unknown;
  transaction(stores: string, mode: 'readonly' | 'readwrite'): Transaction;
  close(): void;
  onversionchange: (() => void) | null;
  onclose: (() => void) | null;
}

interface Transaction {
  readonly error: unknown;
  objectStore(name: string): {
    get(key: string): Request<unknown>;
    put(value: string, key: string): Request<unknown>;
    delete(key: string): Request<unknown>;
  };
  commit(): void;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
}

type Objects = ReturnType<Transaction['objectStore']>;

const POSITIONS = 'positions';
/** A browser whose storage hangs must not look like a subscription that starts. */
const TIMEOUT_MS = 10_000;

/**
 * Positions in IndexedDB: they outlive the page, and a browser that is killed.
 * @param name separates the positions of one part of an application from those of others
 */
export function idbStore(name: string): PositionStore {
  const database = `millrace/${name}`;
  let opened: Promise<Database> | undefined;
  const open = (): Promise<Database> => {
    if (opened !== undefined) return opened;
    const opening = openDatabase(database, () => {
      if (opened === opening) opened = undefined;
    });
    opened = opening;
    return opening;
  };
  const run = async (mode: 'readonly' | 'readwrite', act: (objects: Objects) => Request<unknown>) => {
    try {
      return await within(open(), (db) => transact(db, mode, act));
    } catch (error) {
      // The browser closes the database without an error if its data are cleared; the next use reopens it.
      if (!(error instanceof Error) || error.name !== 'InvalidStateError') throw error;
      opened = undefined;
      return within(open(), (db) => transact(db, mode, act));
    }
  };
  return {
    async get(key) {
      const cursor = await run('readonly', (objects) => objects.get(key));
      return typeof cursor === 'string' ? cursor : undefined;
    },
    async set(key, cursor) {
      await run('readwrite', (objects) => objects.put(cursor, key));
    },
    async delete(key) {
      await run('readwrite', (objects) => objects.delete(key));
    },
  };
}

function openDatabase(name: string, onGone: () => void): Promise<Database> {
  return new Promise<Database>((resolve, reject) => {
    const { indexedDB } = globalThis as {
      readonly indexedDB?: { open(name: string, version: number): OpenRequest };
    };
    if (indexedDB === undefined) throw new Error('There is no IndexedDB here.');
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(POSITIONS);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const db = request.result;
      // Another tab deletes the database: an open connection would block that.
      db.onversionchange = () => {
        db.close();
        onGone();
      };
      db.onclose = onGone;
      resolve(db);
    };
  }).catch((error: unknown) => {
    onGone();
    throw error;
  });
}

function transact(
  db: Database,
  mode: 'readonly' | 'readwrite',
  act: (objects: Objects) => Request<unknown>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(POSITIONS, mode);
    const request = act(transaction.objectStore(POSITIONS));
    // A request that succeeded may still be rolled back, for example when the disk is full.
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? request.error);
    // Commits now, not when the page becomes idle: a reload before that would roll the write back.
    transaction.commit();
  });
}

/** @throws when the database does not answer in time */
async function within(opening: Promise<Database>, use: (db: Database) => Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const why = `IndexedDB does not answer within ${TIMEOUT_MS / 1_000} s.`;
    timer = setTimeout(() => reject(new Error(why)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([opening.then(use), late]);
  } finally {
    clearTimeout(timer);
  }
}
