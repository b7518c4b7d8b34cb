/** Ends the wait for the next attempt when the page becomes visible or the network comes back. */
export function onPageEvents(onWake: () => void): () => void {
  const { document, addEventListener, removeEventListener } = globalThis as {
    readonly document?: EventTarget & { readonly visibilityState: string };
    readonly addEventListener?: EventTarget['addEventListener'];
    readonly removeEventListener?: EventTarget['removeEventListener'];
  };
  if (document === undefined || addEventListener === undefined) return () => undefined;
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') onWake();
  };
  addEventListener('online', onWake);
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    removeEventListener?.('online', onWake);
    document.removeEventListener('visibilitychange', onVisible);
  };
}
