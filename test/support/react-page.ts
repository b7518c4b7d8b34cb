import { Window } from 'happy-dom';
import { onTestFinished, vi } from 'vitest';

// For the whole file: what React has scheduled runs after a test too, and needs a window.
const window = new Window();
vi.stubGlobal('window', window);
vi.stubGlobal('document', window.document);
vi.stubGlobal('navigator', window.navigator);

/** A page with real React DOM in it. */
export async function openPage() {
  const { createRoot } = await import('react-dom/client');
  const element = window.document.createElement('div');
  // happy-dom's element, which is not of the global type.
  const root = createRoot(element as unknown as Parameters<typeof createRoot>[0]);
  onTestFinished(() => root.unmount());
  return { root, text: () => element.textContent };
}
