/** Where GraphiQL keeps its tabs. */
const TABS = 'graphiql:tabState';

/**
 * The browser's storage for GraphiQL, apart for each schema.
 * @param restore what GraphiQL reads in place of its stored tabs
 */
export function storageOf(name: string, restore: (stored: string) => string): Storage {
  const prefix = `millrace:${name}:`;
  const keys = (): string[] => Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  return {
    get length() {
      return keys().length;
    },
    key: (index) => keys()[index]?.slice(prefix.length) ?? null,
    getItem(key) {
      const stored = localStorage.getItem(prefix + key);
      return key === TABS && stored !== null ? restore(stored) : stored;
    },
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear() {
      for (const key of keys()) localStorage.removeItem(key);
    },
  };
}
